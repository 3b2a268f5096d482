import { formatMoment, type Moment, parseMoment } from '@berth/common/moment.ts';
import { accepted, type Parsed } from '@berth/common/parsed.ts';

/** A moment of this machine's past that a person wants to see. */
export interface AsOf {
  readonly moment: Moment;
  /** As the server takes it: an instant of UTC, or a place in the journal. */
  readonly exact: string;
  /** For people, in this machine's zone: `2026-11-14 23:59:59 (Europe/Berlin)`. */
  readonly words: string;
  /** It is yet to come, so what is seen is how it is now. */
  readonly isFuture: boolean;
}

/** Reads what stands behind `--as-of`. A day is its end, in this machine's zone. */
export const parseAsOf = (text: string, now: Date): Parsed<AsOf> => {
  const parsed = parseMoment(text, now);
  if (!parsed.ok) return parsed;
  const moment = parsed.value;
  const isFuture = moment.kind === 'time' && moment.at > now.getTime();
  return accepted({ moment, exact: formatMoment(moment), words: wordsFor(moment), isFuture });
};

const wordsFor = (moment: Moment): string => {
  if (moment.kind === 'place') return `place ${moment.seq} of the server's journal`;
  const date = new Date(moment.at);
  const two = (number: number): string => `${number}`.padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time} (${new Intl.DateTimeFormat().resolvedOptions().timeZone})`;
};
