import { minutesADay } from './clock-time.ts';
import type { PlanSource } from './plan.ts';
import { type Window, windowMinutes } from './window.ts';

const dayMs = 86_400_000;

/** What a source asks of the plan, in whole minutes. */
export interface Demand {
  readonly source: PlanSource;
  /** Days from one run to the next; 1 where it runs several times a day. */
  readonly periodDays: number;
  /** Runs a day: 1 but for cadences under a day, which run at equal distances. */
  readonly runsADay: number;
  /** Null for cadences under a day: they run around the clock. */
  readonly window: Window | null;
  /** What one run occupies; never more than there is from one run to the next. */
  readonly minutes: number;
  /** The earliest start, in minutes of the day, and how many starts there are from there on. */
  readonly from: number;
  readonly starts: number;
  /** Why no place can hold it: its window, or its own period, is shorter than a run. Null when one can. */
  readonly tooLongFor: 'window' | 'period' | null;
}

/** How often a cadence runs: whole days, or so many times a day. */
export const cadence = (everyMs: number): { periodDays: number; runsADay: number } =>
  everyMs >= dayMs
    ? { periodDays: Math.floor(everyMs / dayMs), runsADay: 1 }
    : { periodDays: 1, runsADay: Math.ceil(dayMs / everyMs) };

/** Minutes after the first of a day's runs at which its `index`-th one begins. */
export const runOffset = (runsADay: number, index: number): number => Math.floor((index * minutesADay) / runsADay);

/** A source's demand. */
export const demandOf = (source: PlanSource): Demand => {
  const { periodDays, runsADay } = cadence(source.everyMs);
  const period = runsADay > 1 ? Math.floor(minutesADay / runsADay) : periodDays * minutesADay;
  const wanted = Math.max(1, Math.ceil(source.lengthMs / 60_000));
  const window = runsADay > 1 ? null : source.window;
  const room = window === null ? period : windowMinutes(window);
  const minutes = Math.min(wanted, period);
  const starts = window === null ? Math.min(period, minutesADay) : Math.max(1, room - minutes + 1);
  return {
    source,
    periodDays,
    runsADay,
    window,
    minutes,
    from: window?.from ?? 0,
    starts,
    tooLongFor: wanted > period ? 'period' : wanted > room ? 'window' : null,
  };
};
