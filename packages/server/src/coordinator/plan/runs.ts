import { minutesADay } from './clock-time.ts';
import { modulo } from './cycle.ts';
import { cadence, runOffset } from './demand.ts';
import type { LocalTime } from './local-time.ts';
import type { Place } from './plan.ts';
import { type Window, windowMinutes } from './window.ts';

const minuteMs = 60_000;

/** What says when a source runs. */
export interface Cadence {
  readonly everyMs: number;
  readonly window: Window | null;
  readonly place: Place;
}

/** One run that its place asks for. Times are UTC milliseconds. */
export interface Run {
  readonly startsAtMs: number;
  /** When its window opens and closes; null without one. */
  readonly window: { readonly opensAtMs: number; readonly closesAtMs: number } | null;
}

/**
 * The runs of a source that begin on a local day, ascending: none on days that are not its own. A time that the clock skips
 * is that much later; of one that comes twice it is the first.
 */
export const runsOn = (time: LocalTime, day: number, { everyMs, window, place }: Cadence): readonly Run[] => {
  const { periodDays, runsADay } = cadence(everyMs);
  if (runsADay > 1) {
    return severalOn(time, day, place.minute, runsADay).map((startsAtMs) => ({ startsAtMs, window: null }));
  }
  if (modulo(day, periodDays) !== place.day) return [];
  const startsAtMs = time.utcOf(day, place.minute).first;
  if (window === null) return [{ startsAtMs, window: null }];
  return [{ startsAtMs, window: windowOn(time, place.minute < window.from ? day - 1 : day, window) }];
};

/** A day of 23 or 25 hours is divided anew, so that no hour is left out and none has twice as many. */
const severalOn = (time: LocalTime, day: number, minute: number, runsADay: number): number[] => {
  const begin = time.utcOf(day, minute).first;
  const length = time.utcOf(day + 1, minute).first - begin;
  if (length === minutesADay * minuteMs) {
    return Array.from({ length: runsADay }, (_, index) => begin + runOffset(runsADay, index) * minuteMs);
  }
  const runs = Math.max(1, Math.round((length * runsADay) / (minutesADay * minuteMs)));
  return Array.from({ length: runs }, (_, index) => begin + Math.floor((index * length) / runs / minuteMs) * minuteMs);
};

/**
 * A window that opens on a local day: every minute in it is in it by the wall clock too. Where a change of the clock leaves
 * nothing of it, it opens at the change, or at its first coming, for as long as usual.
 */
const windowOn = (time: LocalTime, day: number, window: Window): { opensAtMs: number; closesAtMs: number } => {
  const open = time.utcOf(day, window.from);
  const close = time.utcOf(window.to <= window.from ? day + 1 : day, window.to);
  const opensAtMs = open.skippedTo ?? open.last;
  const closesAtMs = close.skippedTo ?? close.first;
  if (opensAtMs < closesAtMs) return { opensAtMs, closesAtMs };
  const early = open.skippedTo ?? open.first;
  return { opensAtMs: early, closesAtMs: early + windowMinutes(window) * minuteMs };
};
