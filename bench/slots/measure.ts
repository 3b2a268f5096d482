import { quantile, round } from '../table.ts';
import { lengthWithin, within } from './awake.ts';
import { dayMs, minuteMs } from './calendar.ts';
import type { Fleet, Machine } from './fleet.ts';
import { type Period, periodsOf } from './period.ts';
import type { Past, Success } from './world.ts';

/**
 * What a fleet's past is measured by, the same for every planner.
 *
 * Each source owes one run in each of its periods: a local day's window, or the whole day without one. A period is *served* by
 * the first successful run whose last try began after its opening, or up to a quarter of `every` before that, if it had not
 * served the period before by then: who catches up at 20:30 owes nothing more at 22:00.
 */
export interface Figures {
  /**
   * Of the periods that had not been served when they opened, and in whose window the machine was awake long enough without
   * a break to do that day's run alone, the share in which a run began and succeeded inside the window.
   */
  readonly inWindow: number;
  /** The most that ran at once. */
  readonly peak: number;
  /**
   * Of all periods, by how many minutes the success that serves one ended after its window closed; only minutes in which the
   * machine was awake are counted, because nobody can back up a machine that is off. 0 for what ended inside. What was never
   * served is late until the end.
   */
  readonly p99LateMinutes: number;
  readonly worstLateMinutes: number;
  /** How many periods all this is about. */
  readonly periods: number;
}

export const measure = (fleet: Fleet, past: Past): Figures => {
  const late: number[] = [];
  let [possible, inside] = [0, 0];
  for (const machine of fleet.machines) {
    const successes = past.successes[machine.index] ?? [];
    let next = 0;
    for (const period of periodsOf(machine, fleet)) {
      // Whoever sleeps through the last night has a day to catch up.
      if (period.closesAtMs > fleet.toMs - dayMs) break;
      const sinceMs = period.opensAtMs - machine.everyMs / 4;
      while (next < successes.length && (successes[next]?.startedAtMs ?? 0) < sinceMs) next += 1;
      const serving = successes[next];
      late.push(lengthWithin(machine.awake, period.closesAtMs, serving?.endedAtMs ?? fleet.toMs) / minuteMs);
      const owed = serving === undefined || serving.startedAtMs >= period.opensAtMs;
      if (!owed || !fits(fleet, machine, period)) continue;
      possible += 1;
      if (isInside(serving, period)) inside += 1;
    }
  }
  return {
    inWindow: round(inside / Math.max(1, possible), 4),
    peak: past.peak,
    p99LateMinutes: round(quantile(late, 0.99), 1),
    worstLateMinutes: round(Math.max(0, quantile(late, 1)), 1),
    periods: late.length,
  };
};

const isInside = (success: Success | undefined, { opensAtMs, closesAtMs }: Period): boolean =>
  success !== undefined && success.startedAtMs >= opensAtMs && success.endedAtMs <= closesAtMs;

const fits = (fleet: Fleet, machine: Machine, { day, opensAtMs, closesAtMs }: Period): boolean => {
  const lengthMs = machine.lengthsMs[day - fleet.calendar.dayOf(fleet.fromMs)] ?? 0;
  return within(machine.awake, opensAtMs, closesAtMs).some(({ fromMs, toMs }) => toMs - fromMs >= lengthMs);
};
