import { parseDuration } from './duration.ts';
import { accepted, type Parsed, quoted, refused } from './parsed.ts';

/**
 * A moment of a source's past: a time by the server's clock (UTC milliseconds, included: what was written at that very
 * millisecond counts), or a place in its journal (excluded: what stands at the place does not).
 */
export type Moment = { readonly kind: 'time'; readonly at: number } | { readonly kind: 'place'; readonly seq: number };

const date = /^(\d{4})-(\d{2})-(\d{2})$/;
const dateAndTime = /^(\d{4}-\d{2}-\d{2})[T ](\d{1,2}:\d{2})(:\d{2}(?:\.\d{1,3})?)?(Z|[+-]\d{2}:?\d{2})?$/;
const exactInstant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const place = /^\d{15,16}$/;

/**
 * A moment as a person writes it: `2026-11-14` (the end of that day), `2026-11-14 09:30`, `2026-11-14T09:30:00Z`, `3d`
 * or `2h30m` (that long before `now`), or a place in the journal as berth prints it. What names no zone is in the zone
 * of this computer.
 */
export const parseMoment = (text: string, now: Date): Parsed<Moment> => {
  const trimmed = text.trim();
  if (place.test(trimmed) && Number.isSafeInteger(Number(trimmed))) {
    return accepted({ kind: 'place', seq: Number(trimmed) });
  }
  const day = date.exec(trimmed);
  if (day !== null) return checked(text, endOfDay(Number(day[1]), Number(day[2]), Number(day[3])));
  const instant = dateAndTime.exec(trimmed);
  if (instant !== null) {
    const [, onDay = '', time = '', seconds = ':00', zone = ''] = instant;
    return checked(
      text,
      isRealDay(onDay) ? Date.parse(`${onDay}T${time.padStart(5, '0')}${seconds}${zone}`) : Number.NaN,
    );
  }
  const ago = parseDuration(trimmed);
  if (ago.ok && ago.value > 0) return checked(text, now.getTime() - ago.value);
  return refused(
    'moment',
    `${quoted(text)} is not a moment`,
    'Write a day (2026-11-14: its end), a time ("2026-11-14 09:30"), or how long ago (3d, 2h30m).',
  );
};

/** The moment as `receive --as-of` and the server's jobs take it: an instant of UTC with milliseconds, or a place. */
export const formatMoment = (moment: Moment): string =>
  moment.kind === 'time' ? new Date(moment.at).toISOString() : String(moment.seq);

/** Reads what `formatMoment` writes and nothing else, or answers null. */
export const parseExactMoment = (text: string): Moment | null => {
  const at = exactInstant.test(text) ? Date.parse(text) : Number.NaN;
  const moment: Moment = place.test(text) ? { kind: 'place', seq: Number(text) } : { kind: 'time', at };
  // Some texts that look right name no moment, or one that is written otherwise: a 30 February, more digits than count.
  return (moment.kind === 'place' || !Number.isNaN(at)) && formatMoment(moment) === text ? moment : null;
};

/** The last millisecond of a day of this computer's calendar, which is not always 24 hours after its first. */
const endOfDay = (year: number, month: number, day: number): number => {
  const written = [year, month, day].map((part) => String(part).padStart(2, '0')).join('-');
  return isRealDay(written.padStart(10, '0')) ? new Date(year, month - 1, day + 1).getTime() - 1 : Number.NaN;
};

/** Date.parse takes 30 February for 2 March. */
const isRealDay = (text: string): boolean => {
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === text;
};

const checked = (text: string, at: number): Parsed<Moment> =>
  Number.isNaN(at) || at < 0
    ? refused('moment', `${quoted(text)} is no day or time of any calendar`, 'Write, for example, 2026-11-14.')
    : accepted({ kind: 'time', at });
