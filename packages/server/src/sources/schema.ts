import type { Bytes, Millis } from '@berth/common/brand.ts';
import { formatDuration, parseDuration } from '@berth/common/duration.ts';
import { parseSourceName } from '@berth/common/host-name.ts';
import { accepted, type Parsed, quoted, refused } from '@berth/common/parsed.ts';
import { isBytes, parseSize } from '@berth/common/size.ts';
import { parsePublicKey } from '@berth/common/ssh-key.ts';
import { textField } from '@berth/common/yaml/field.ts';
import { z } from 'zod';
import { minimalExample } from './example.ts';
import { ingest } from './ingest-schema.ts';
import { media } from './media-schema.ts';
import { besideServer, peopleFields, serverPeopleFields } from './people-schema.ts';
import { ping } from './ping-schema.ts';
import { type ScheduleIssue, scheduleIssues, serverScheduleIssues } from './schedule-issues.ts';
import { numberOrText, scheduleFields, serverScheduleFields, span } from './schedule-schema.ts';
import { besideSource, sourceIssues } from './source-issues.ts';
import { largestUid, refusedUid } from './uid.ts';

const dayMs = 86_400_000;

/** How long the trash keeps what a source deleted, where the file says nothing. */
export const defaultProtectMs: Millis = span(30 * dayMs);

/** Shorter protection would let a thief who deletes in the evening have won by the morning. */
const shortestProtectMs = dayMs;
const longestProtectMs = 100 * 365 * dayMs;

/** A smaller quota holds no backup: a forgotten unit, almost always. */
const smallestQuotaBytes = 1024 ** 2;

const protectOf = (text: string): Parsed<Millis> => {
  const parsed = parseDuration(text);
  if (!parsed.ok) return parsed;
  const remedy = /^\d+m$/.test(text)
    ? `m is minutes. For months write days: ${Number.parseInt(text, 10) * 30}d.`
    : 'Write at least 1d; 30d is usual.';
  if (parsed.value < shortestProtectMs) {
    return refused('protect', `protect of ${formatDuration(parsed.value)} protects nothing: the least is 1d`, remedy);
  }
  if (parsed.value > longestProtectMs)
    return refused('protect', 'protect is longer than 100 years', 'Write, for example, 365d.');
  return parsed;
};

const quotaOf = (text: string): Parsed<Bytes> => {
  const parsed = parseSize(text);
  if (!parsed.ok || parsed.value >= smallestQuotaBytes) return parsed;
  const digits = /^\d+$/.test(text) && parsed.value > 0 ? text : '500';
  return refused(
    'quota',
    `a quota of ${parsed.value} bytes holds no backup`,
    `Write the unit too, for example quota: ${digits}G; without quota the disk is the limit.`,
  );
};

/** How long the scrub takes for everything once, where the file says nothing. */
export const defaultScrubMs = defaultProtectMs;
/** The most bytes a second that the scrub of one source reads, where the file says nothing. */
export const defaultScrubRate: Bytes = ((): Bytes => {
  const rate = 50 * 1024 ** 2;
  if (!isBytes(rate)) throw new Error('50 MiB are bytes');
  return rate;
})();
/** The share of its snapshots or bytes that a source may delete within a day before its trash is frozen. */
export const defaultBrake = 0.5;

const scrubOf = (text: string): Parsed<Millis> => {
  const parsed = parseDuration(text);
  if (!parsed.ok || (parsed.value >= dayMs && parsed.value <= 366 * dayMs)) return parsed;
  return refused('scrub', `a scrub of everything in ${text} is out of bounds`, 'Write 1d to 366d; 30d is usual.');
};

/** A size that means something: a bare number is a forgotten unit, almost always. */
const sizeFrom =
  (what: string, leastBytes: number, example: string, isZeroAllowed = false) =>
  (text: string): Parsed<Bytes> => {
    const parsed = parseSize(text);
    if (!parsed.ok || parsed.value >= leastBytes || (isZeroAllowed && parsed.value === 0)) return parsed;
    return refused(
      what,
      `${what} of ${parsed.value} bytes is too small`,
      `Write the unit too, for example ${example}.`,
    );
  };

const brakeOf = (text: string): Parsed<number> => {
  const percent = Number(/^(\d{1,3})%$/.exec(text)?.[1] ?? 0);
  if (percent >= 1 && percent <= 100) return accepted(percent / 100);
  return refused('brake', `${quoted(text)} is no share`, 'Write a percentage from 1% to 100%, for example brake: 50%.');
};

const uid = z
  .number()
  .superRefine((value, context) => {
    const why = refusedUid(value);
    if (why === null) return;
    const remedy = `Write a number from 1 to ${largestUid} that nobody else has, for example uid: 1001.`;
    context.addIssue({ code: 'custom', message: why, params: { code: 'uid', remedy } });
  })
  .meta({ example: 'uid: 1001' });

const keyExample = "key: 'ssh-ed25519 AAAA… user@host'";
const publicKey = textField(parsePublicKey, keyExample);
const quota = z.preprocess(numberOrText, textField(quotaOf, 'quota: 500G')).meta({ example: 'quota: 500G' });
const protect = z.preprocess(numberOrText, textField(protectOf, 'protect: 30d')).meta({ example: 'protect: 30d' });

const floor = z
  .preprocess(numberOrText, textField(sizeFrom('floor', smallestQuotaBytes, 'floor: 5G', true), 'floor: 5G'))
  .meta({ example: 'floor: 5G' });
const scrub = z.preprocess(numberOrText, textField(scrubOf, 'scrub: 30d')).meta({ example: 'scrub: 30d' });
const scrubRate = z
  .preprocess(numberOrText, textField(sizeFrom('scrub_rate', smallestQuotaBytes, 'scrub_rate: 50M'), 'scrub_rate: 50M'))
  .meta({ example: 'scrub_rate: 50M' });
const brake = z.preprocess(numberOrText, textField(brakeOf, 'brake: 50%')).meta({ example: 'brake: 50%' });

const access = z.enum(['restic', 'sftp']).meta({ example: 'access: sftp' });
const immutable = z.boolean().meta({ example: 'immutable: true' });

const port = z.int().min(1).max(65_535).meta({ example: 'port: 2222' });

/** One entry under `sources`: as written, `key` or `keys` or neither with `ingest`, everything but the UID optional. */
const source = z
  .strictObject({
    uid,
    key: publicKey.optional(),
    keys: z.array(publicKey).min(1).optional().meta({ example: "keys: ['ssh-ed25519 AAAA… user@host']" }),
    quota: quota.optional(),
    protect: protect.optional(),
    brake: brake.optional(),
    access: access.optional(),
    immutable: immutable.optional(),
    ping: ping.optional(),
    ingest: ingest.optional(),
    media: media.optional(),
    ...scheduleFields,
  })
  .superRefine((written, context) => {
    for (const { field, message, ...params } of sourceIssues(written, keyExample)) {
      context.addIssue({ code: 'custom', path: [field], message, params });
    }
  })
  .meta({ example: minimalExample, instead: besideSource });

/** `sources.yaml` as a person writes it; `config.ts` makes a `ServerConfig` of it. */
export const sourcesSchema = z
  .strictObject({
    server: z
      .strictObject({
        port: port.optional(),
        protect: protect.optional(),
        brake: brake.optional(),
        floor: floor.optional(),
        scrub: scrub.optional(),
        scrub_rate: scrubRate.optional(),
        ...serverPeopleFields,
        ...serverScheduleFields,
        ...scheduleFields,
      })
      .meta({ instead: besideServer })
      .optional()
      .meta({ example: 'server: { port: 2222 }' }),
    ...peopleFields,
    /** Nothing behind `sources:` is how `init` leaves it, with a place to paste the first line. */
    sources: z.record(textField(parseSourceName, 'HOSTNAME'), source).nullable().meta({ example: minimalExample }),
  })
  .superRefine(({ server = {}, sources }, context) => {
    const say = (path: readonly string[], issues: readonly ScheduleIssue[]): void => {
      for (const { field, code, message, remedy } of issues) {
        context.addIssue({ code: 'custom', path: [...path, field], message, params: { code, remedy } });
      }
    };
    say(['server'], serverScheduleIssues(server));
    for (const [name, own] of Object.entries(sources ?? {})) {
      say(['sources', name], scheduleIssues(own, server, own.access ?? 'restic'));
    }
  });

/** What the schema gives. */
export type WrittenSources = z.output<typeof sourcesSchema>;
