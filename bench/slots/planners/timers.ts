import { makeChance } from '../chance.ts';
import type { Fleet, Machine } from '../fleet.ts';
import { type Period, periodsOf } from '../period.ts';
import { freely, makeRuns } from '../run.ts';
import type { World } from '../world.ts';

/** What starts a machine's runs where no server does: a timer of its own, which knows of no other machine. */
export interface Timer {
  /** When it goes off in a period. */
  when(machine: Machine, period: Period): number;
  /** Going off while the machine is off: how long after it is on again; null: that run is lost. */
  late(machine: Machine): number | null;
}

/** A fleet in which every machine has a timer. Going off during a run, it does nothing. */
export const playTimers =
  (fleet: Fleet, { when, late }: Timer) =>
  (world: World): void => {
    const runs = makeRuns(fleet, world);
    const pending = new Set<Machine>();

    const goOff = (machine: Machine): void => {
      const wakesAtMs = world.awakeAt(machine, world.nowMs);
      if (wakesAtMs === world.nowMs) {
        runs.begin(machine, freely, () => undefined);
        return;
      }
      const lateMs = late(machine);
      if (lateMs === null || pending.has(machine)) return;
      pending.add(machine);
      world.at(wakesAtMs + lateMs, () => {
        pending.delete(machine);
        goOff(machine);
      });
    };
    for (const machine of fleet.machines) {
      for (const period of periodsOf(machine, fleet)) world.at(when(machine, period), () => goOff(machine));
    }
  };

/**
 * `OnCalendar=` the window's opening with `RandomizedDelaySec=` (of `shareOfWindow`) and `Persistent=true`: what went off while
 * the machine slept starts when it wakes; what went off while it was shut down gets a new delay after the boot (systemd.timer(5)).
 */
export const jitter = (fleet: Fleet, shareOfWindow: number): Timer => {
  const chances = fleet.machines.map(({ index }) => makeChance(fleet.seed, index, 2));
  const share = ({ index }: Machine): number => chances[index]?.share() ?? 0;
  return {
    when: (machine, { opensAtMs, closesAtMs }) => opensAtMs + share(machine) * shareOfWindow * (closesAtMs - opensAtMs),
    late: (machine) => {
      const [period] = periodsOf(machine, fleet);
      if (!machine.shutsDown || period === undefined) return 0;
      return share(machine) * shareOfWindow * (period.closesAtMs - period.opensAtMs);
    },
  };
};

/**
 * A line in each crontab, ten minutes after the one before it, beginning again at the window's opening when it is full. `late`
 * is what a person has chosen: plain cron loses what it slept through; anacron and launchd start it on waking.
 */
export const manual = (fleet: Fleet, catchesUp: boolean): Timer => {
  const taken = new Map<string, number>();
  const numbers = fleet.machines.map(({ window }) => {
    const key = JSON.stringify(window);
    const number = taken.get(key) ?? 0;
    taken.set(key, number + 1);
    return number;
  });
  const minutes = ({ window, index }: Machine): number => {
    const length = window === null ? 1440 : (window.to - window.from + 1440) % 1440 || 1440;
    return ((numbers[index] ?? 0) % Math.floor(length / 10)) * 10;
  };
  return {
    when: (machine, { day }) => fleet.calendar.at(day, (machine.window?.from ?? 0) + minutes(machine)),
    late: () => (catchesUp ? 0 : null),
  };
};
