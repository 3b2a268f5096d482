import { formatDuration } from '@berth/common/duration.ts';
import { printable } from '@berth/common/parsed.ts';
import { formatSize, isBytes } from '@berth/common/size.ts';
import { mirrorWords, syncthingWords } from '../ingest/phone-words.ts';
import type { SourceUsage } from '../jobs/usage.ts';
import { sftpPromise } from '../sftp/promise.ts';
import { forHowLong } from './age.ts';
import { ordinal, type Reader, statePaint } from './fleet-table.ts';
import { paint } from './paint.ts';
import { policyWords } from './policy-words.ts';
import type { SourceStatus } from './status.ts';
import type { Scrubbed, Stored } from './stored.ts';
import { agoWords, slotWords } from './when.ts';

/** `status SOURCE` as a person reads it, but for its runs and for what is wrong with it now; `usage` is counted just now. */
export const printSource = (source: SourceStatus, usage: SourceUsage | null, reader: Reader): string =>
  `${[
    `source         ${paint('bold', source.name)}`,
    ...stateLines(source, reader),
    ...planLines(source, reader),
    ...(source.databases === undefined ? [] : [`databases      ${printable(source.databases, 500)}`]),
    `uid            ${source.uid}`,
    ...phoneLines(source, reader.nowMs),
    ...source.keys.map((key) => `key            ${key}`),
    `sessions       ${source.sessions}`,
    `last activity  ${source.lastActivity ?? 'never'}`,
    ...(source.access === 'sftp'
      ? sftpLines(source)
      : [...usageLines(source, usage), ...storedLines(source, reader.nowMs)]),
    `quota          ${source.quotaBytes === null ? 'none' : formatSize(source.quotaBytes)}${percentWords(source)}`,
  ].join('\n')}\n`;

const stateLines = ({ state, words, lastSuccessAt, overdueAt }: SourceStatus, { nowMs }: Reader): readonly string[] => {
  const why = words === null ? '' : `: ${printable(words, 1000)}`;
  const past = Date.parse(overdueAt) <= nowMs;
  return [
    `state          ${statePaint(state)}${why}`,
    `last success   ${lastSuccessAt === null ? 'never' : `${lastSuccessAt}, ${agoWords(Date.parse(lastSuccessAt), nowMs)}`}`,
    `overdue        ${past ? paint('red', `since ${overdueAt}`) : `at ${overdueAt}`}`,
  ];
};

const planLines = (source: SourceStatus, reader: Reader): readonly string[] => {
  const often = `every ${formatDuration(source.everyMs)}`;
  if (source.access === 'sftp') return [`plan           none: it comes by itself, about ${often}`];
  const { keeps, prunes, checks } = policyWords(source);
  return [
    `plan           ${often}${source.window === null ? '' : ` in ${source.window}`}, ${nextWords(source, reader)}`,
    `now            ${nowWords(source, reader.nowMs)}`,
    `keeps          ${keeps}`,
    `prunes         ${prunes}`,
    `checks         ${checks}`,
  ];
};

/** Of a phone: what became of it within the day, and how its backup last went. It has no key. */
const phoneLines = ({ ingest, phone }: SourceStatus, nowMs: number): readonly string[] => {
  if (ingest === null) return [];
  const ago = (atMs: number): string => agoWords(atMs, nowMs);
  const lines: readonly (readonly [string, string | null])[] = [
    ['key            ', 'none: it is backed up on this server'],
    ['arrives in     ', `${printable(ingest.folder, 1000)}${arrivalWords[phone?.ingest ?? 'ok']}`],
    ['seen           ', syncthingWords(ingest, phone, ago)],
    ['mirror         ', ingest.mirror === null ? null : printable(ingest.mirror.folder, 1000)],
    ['last 24 hours  ', mirrorWords(ingest, phone, ago)],
  ];
  return lines.flatMap(([what, words]) => (words === null ? [] : [`${what}${words}`]));
};

const arrivalWords = {
  ok: '',
  missing: `: ${paint('red', 'missing')}`,
  unreadable: `: ${paint('red', 'can not be read')}`,
} as const;

const nextWords = ({ nextSlotAt }: SourceStatus, { nowMs, timeZone }: Reader): string =>
  nextSlotAt === null
    ? 'no slot known yet'
    : `next ${slotWords(Date.parse(nextSlotAt), nowMs, timeZone)} (${nextSlotAt})`;

const nowWords = ({ now }: SourceStatus, nowMs: number): string => {
  if (now.kind === 'idle') return 'nothing';
  const since = `for ${forHowLong(nowMs - Date.parse(now.since))}`;
  if (now.kind === 'waiting') return `waiting ${since}, ${ordinal(now.position)} in the queue`;
  const step = now.step === null ? '' : `, ${printable(now.step, 30)}`;
  return `running ${since}${step}${now.percent === null ? '' : `, ${Math.floor(now.percent)} %`}`;
};

const usageLines = ({ stored }: SourceStatus, usage: SourceUsage | null): readonly string[] => {
  const known = usage ?? stored;
  if (known === null) return ['usage          known while the server runs'];
  return [
    `live           ${formatSize(known.live.bytes)} in ${count(known.live.objects, 'object')}`,
    `trash          ${formatSize(known.trash.bytes)} in ${count(known.trash.objects, 'object')}`,
  ];
};

const storedLines = ({ stored }: SourceStatus, now: number): readonly string[] => {
  if (stored === null) return ['reviewed       not yet'];
  const { locks, scrub, frozen, damaged } = stored;
  return [
    ...(frozen === null ? [] : [paint('red', `FROZEN         since ${frozen.since}: nothing of its trash is purged`)]),
    `snapshots      ${stored.snapshots}`,
    `locks          ${locks.count === 0 ? 'none' : `${locks.count}, the oldest ${forHowLong(lockAge(stored, now))} old`}`,
    ...(damaged === 0 ? [] : [paint('red', `damaged        ${count(damaged, 'object')} in quarantine or lost`)]),
    `scrub          ${scrub === null ? 'not yet' : scrubWords(scrub, now)}`,
    `reviewed       ${ago(stored.at, now)}`,
  ];
};

const scrubWords = ({ at, percent, startedAt, endedAt, bad }: Scrubbed, now: number): string => {
  const found = bad === 0 ? 'nothing bad' : paint('red', `${bad} bad`);
  return endedAt === null
    ? `${percent} % of everything since ${startedAt}, ${found}; last ${ago(at, now)}`
    : `everything from ${startedAt} to ${endedAt}, ${found}`;
};

const percentWords = ({ stored }: SourceStatus): string => {
  const percent = stored?.quotaPercent ?? null;
  return percent === null ? '' : `, ${quotaPaint(percent)} used`;
};

const sftpLines = (source: SourceStatus): readonly string[] => {
  const { usedBytes = null, at = null, failure = null, unreadable = 0, readOnly = null } = source.sftp ?? {};
  const used = usedBytes !== null && isBytes(usedBytes) ? `${formatSize(usedBytes)}, looked at ${at}` : 'not known yet';
  return [
    `access         sftp: ${sftpPromise(source)}`,
    `used           ${used}`,
    ...(unreadable === 0
      ? []
      : [paint('yellow', `unreadable     ${unreadable} files or folders it has closed to all`)]),
    ...(failure === null ? [] : [paint('red', `failure        ${failure}`)]),
    ...(readOnly === null ? [] : [paint('red', `READ-ONLY      ${readOnly}`)]),
  ];
};

/** It has gone on standing since the review, for all that is known. */
const lockAge = ({ at, locks }: Stored, now: number): number =>
  (locks.oldestAgeMs ?? 0) + Math.max(0, now - Date.parse(at));

const ago = (at: string, now: number): string => agoWords(Date.parse(at), now);

const quotaPaint = (percent: number): string => {
  if (percent < 80) return `${percent} %`;
  return paint(percent < 95 ? 'yellow' : 'red', `${percent} %`);
};

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
