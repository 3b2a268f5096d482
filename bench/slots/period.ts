import type { Calendar } from './calendar.ts';
import type { Fleet, Machine } from './fleet.ts';

/** One night (or day) of a source: it should run once in it, whoever plans. */
export interface Period {
  readonly day: number;
  readonly opensAtMs: number;
  readonly closesAtMs: number;
}

/** The hours of one local day in which a source may run; without a window the whole of it. */
export const periodOf = ({ window }: Machine, calendar: Calendar, day: number): Period => {
  const { from, to } = window ?? { from: 0, to: 0 };
  return {
    day,
    opensAtMs: calendar.at(day, from),
    closesAtMs: calendar.at(to > from ? day : day + 1, to),
  };
};

/** All of them, from the first that opens after the source was added, to the last that opens before the end. */
export const periodsOf = (machine: Machine, { calendar, fromMs, toMs }: Fleet): readonly Period[] => {
  const sinceMs = Math.max(fromMs, machine.joinsAtMs);
  const periods: Period[] = [];
  for (let day = calendar.dayOf(sinceMs); ; day += 1) {
    const period = periodOf(machine, calendar, day);
    if (period.opensAtMs >= toMs) return periods;
    if (period.opensAtMs >= sinceMs) periods.push(period);
  }
};
