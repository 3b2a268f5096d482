import type { Millis } from '@berth/common/brand.ts';
import { formatDuration, isMillis, parseDuration } from '@berth/common/duration.ts';
import { accepted, type Parsed, quoted, refused } from '@berth/common/parsed.ts';
import { textField } from '@berth/common/yaml/field.ts';
import { didYouMean } from '@berth/common/yaml/suggest.ts';
import { z } from 'zod';
import { parseWindow, type Window } from '../coordinator/plan/window.ts';

/** A number of milliseconds that is one for sure: for what the code itself knows. */
export const span = (millis: number): Millis => {
  if (!isMillis(millis)) throw new Error(`${millis} is no span of time`);
  return millis;
};

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A bare number is text to the parsers, so that `every: 7` is told the unit it lacks. */
export const numberOrText = (value: unknown): unknown => (typeof value === 'number' ? String(value) : value);

/** A field of text that may look like a number to YAML. */
export const written = <Value>(parse: (text: string) => Parsed<Value>, example: string) =>
  z.preprocess(numberOrText, textField(parse, example)).meta({ example });

/** Words that people write for a cadence. */
const cadences: ReadonlyMap<string, string> = new Map([
  ['hourly', '1h'],
  ['daily', '1d'],
  ['nightly', '1d'],
  ['weekly', '7d'],
  ['monthly', '30d'],
  ['yearly', '365d'],
]);

/** A span between two bounds. Below the least it was probably meant in months: `m` is minutes. */
export const spanFrom =
  (what: string, least: Millis, most: Millis, why: string) =>
  (text: string): Parsed<Millis> => {
    const parsed = parseDuration(text);
    if (!parsed.ok) {
      const cadence = cadences.get(text.trim().toLowerCase());
      if (cadence !== undefined) return { ...parsed, remedy: `Write ${cadence}.` };
      return { ...parsed, remedy: unitsFor(text, least, most) ?? parsed.remedy };
    }
    if (parsed.value > most) {
      return refused(
        what,
        `${what} of ${quoted(text)} is longer than ${formatDuration(most)}`,
        `Write at most ${formatDuration(most)}.`,
      );
    }
    if (parsed.value >= least) return parsed;
    const months = /^(\d{1,2})m$/.exec(text)?.[1];
    const isMonths = months !== undefined && Number(months) > 0;
    return refused(
      what,
      `${what} of ${formatDuration(parsed.value)} ${why}: the least is ${formatDuration(least)}`,
      isMonths
        ? `Write at least ${formatDuration(least)}. m is minutes: if months were meant, write ${Number(months) * 30}d.`
        : `Write at least ${formatDuration(least)}.`,
    );
  };

/** The units with which a bare number would be within the bounds: those are what may have been meant. */
const unitsFor = (text: string, least: Millis, most: Millis): string | null => {
  if (!/^[1-9]\d{0,5}$/.test(text)) return null;
  const [first, second] = (['days', 'hours', 'minutes', 'seconds'] as const).flatMap((word) => {
    const written = `${text}${word.slice(0, 1)}`;
    const parsed = parseDuration(written);
    return parsed.ok && parsed.value >= least && parsed.value <= most ? [`${written} (${word})`] : [];
  });
  if (first === undefined) return null;
  return `Write the unit too, for example ${first}${second === undefined ? '' : ` or ${second}`}.`;
};

const windowOf = (text: string): Parsed<Window | 'always'> => {
  const word = text.trim().toLowerCase();
  if (word === 'always') return accepted('always');
  if (/^(any|anytime|any time|never|none|no|off|all day|24\/7|24h)$/.test(word)) {
    const remedy = 'For any time of the day write window: always.';
    return refused('window', `${quoted(text)} is no window`, remedy);
  }
  return parseWindow(text);
};

const shareOf = (text: string): Parsed<number> => {
  const share = Number(/^(\d{1,3}(?:\.\d{1,3})?) ?%$/.exec(text)?.[1] ?? 0);
  // As agent.yaml: restic reads no less than a part of 250.
  if (share >= 0.4 && share <= 100) return accepted(share);
  const remedy = 'Write a percentage from 0.4% to 100%, for example share: 5%.';
  return refused('share', `${quoted(text)} is no share`, remedy);
};

const timeZoneOf = (text: string): Parsed<string> => {
  if (/^[+-]\d/.test(text)) {
    const remedy = 'Write a place, for example time_zone: Europe/Berlin.';
    return refused('time-zone', `${quoted(text)} is an offset, which knows no summer time`, remedy);
  }
  if (isTimeZone(text)) return accepted(text);
  const near = nearestZone(text);
  const remedy =
    near === null ? 'Write a name of the IANA list, for example time_zone: Europe/Berlin.' : `Did you mean ${near}?`;
  return refused('time-zone', `${quoted(text)} is no time zone that is known here`, remedy);
};

/** Whether this Node knows a time zone of that name. */
export const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
};

/** By its whole name, or by its city alone. */
const nearestZone = (text: string): string | null => {
  const zones = Intl.supportedValuesOf('timeZone');
  const cities = new Map(zones.map((zone) => [zone.slice(zone.lastIndexOf('/') + 1), zone]));
  const city = didYouMean(text.slice(text.lastIndexOf('/') + 1), [...cities.keys()]);
  return (city === null ? undefined : cities.get(city)) ?? didYouMean(text, zones);
};

const most = span(3660 * dayMs);
const count = (example: string) => z.int().min(0).max(1000).optional().meta({ example });

const every = written(
  spanFrom('every', span(15 * 60_000), span(366 * dayMs), 'is more often than the agents look'),
  'every: 1d',
);
const overdueAfter = written(
  spanFrom('overdue_after', span(15 * 60_000), most, 'would always be over'),
  'overdue_after: 3d',
);
const atLeastHourly = (example: string) =>
  written(spanFrom('every', span(hourMs), most, 'is hardly meant'), example).optional();

const retention = z
  .strictObject({
    daily: count('daily: 14'),
    weekly: count('weekly: 8'),
    monthly: count('monthly: 12'),
    yearly: count('yearly: 3'),
    keep_within: written(spanFrom('keep_within', span(0), most, ''), 'keep_within: 2d').optional(),
  })
  .meta({ example: 'retention: { daily: 14, weekly: 8, monthly: 12 }' });
const prune = z.strictObject({ every: atLeastHourly('every: 7d') }).meta({ example: 'prune: { every: 7d }' });
const check = z
  .strictObject({ every: atLeastHourly('every: 7d'), share: written(shareOf, 'share: 5%').optional() })
  .meta({ example: 'check: { every: 7d, share: 5% }' });

/** When a source runs and what its runs do, as it may stand under `server` for all and under a source for itself. */
export const scheduleFields = {
  every: every.optional(),
  window: written(windowOf, "window: '22:00-06:00'").optional(),
  overdue_after: overdueAfter.optional(),
  retention: retention.optional(),
  prune: prune.optional(),
  check: check.optional(),
};

/** The same, of the server alone. */
export const serverScheduleFields = {
  concurrency: z.int().min(1).max(1000).optional().meta({ example: 'concurrency: 2' }),
  time_zone: written(timeZoneOf, 'time_zone: Europe/Berlin').optional(),
};

const schedule = z.object(scheduleFields);
/** What somebody wrote of it. */
export type WrittenSchedule = z.output<typeof schedule>;
