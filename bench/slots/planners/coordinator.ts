import { type Asker, type Decision, decide } from '../../../packages/server/src/coordinator/leases/decide.ts';
import { mergedSlots, type NextRun, nextRun } from '../../../packages/server/src/coordinator/next-run.ts';
import { expectedLength } from '../../../packages/server/src/coordinator/plan/length.ts';
import { type Place, type PlanQuestion, plan, type Slot } from '../../../packages/server/src/coordinator/plan/plan.ts';
import { minuteMs } from '../calendar.ts';
import type { Fleet, Machine } from '../fleet.ts';
import type { World } from '../world.ts';

/**
 * What stands between the agents and the pure decisions, as the coordinator's process does: it keeps the plan, the queue and the
 * leases in memory. Its decisions are the product's own; only what is asked of them is put together here.
 */
export interface Coordinator {
  /** The slot a source should run next; in the past: it is due. */
  slot(machine: Machine): NextRun | null;
  ask(machine: Machine): Decision;
  /** The lease ends. */
  free(machine: Machine): void;
  report(machine: Machine, startedAtMs: number, heldMs: number): void;
  /** Plans anew with what is there now; tells how many milliseconds of one core that took. */
  replan(): number;
  /** Of the sources there are now, how many get another place when one like `machine` is added; nothing is changed. */
  movedBy(machine: Machine): number;
}

interface Known {
  readonly machine: Machine;
  place: Place | null;
  /** The slot that began last, if any, and those to come. */
  slots: readonly Omit<Slot, 'name'>[];
  /** When its last success began, by which a slot is done, and when it ended, by which its place in the queue is found. */
  lastSuccessMs: number | null;
  lastEndedMs: number | null;
  /** The newest first. */
  lengthsMs: readonly number[];
  lengthMs: number;
}

/** As the coordinator's own requests/lease.ts has it. */
const graceMs = minuteMs;

export const makeCoordinator = (fleet: Fleet, world: World): Coordinator => {
  const known = new Map<string, Known>();
  const held = new Map<string, { readonly source: string; readonly endsAtMs: number }>();
  const waiting = new Map<string, Asker>();

  const admit = (machine: Machine): Known => {
    const found = known.get(machine.name);
    if (found !== undefined) return found;
    const lastSuccessMs = machine.joinsAtMs < fleet.fromMs ? machine.joinsAtMs : null;
    const lengthsMs = lastSuccessMs === null ? [] : machine.lengthsMs.slice(0, 1);
    const made: Known = {
      ...{ machine, place: null, slots: [], lastSuccessMs, lastEndedMs: lastSuccessMs },
      ...{ lengthsMs, lengthMs: expectedLength(lengthsMs) },
    };
    known.set(machine.name, made);
    return made;
  };
  const question = (more: readonly Machine[], places?: ReadonlyMap<string, Place>): PlanQuestion => ({
    nowMs: world.nowMs,
    timeZone: fleet.timeZone,
    concurrency: fleet.concurrency,
    sources: [
      ...[...known.values()].map(({ machine: { name, everyMs, window }, place, lengthMs }) => ({
        name,
        everyMs,
        window,
        lengthMs,
        place: places?.get(name) ?? place,
      })),
      ...more.map(({ everyMs, window }) => ({
        name: 'new',
        everyMs,
        window,
        lengthMs: expectedLength([]),
        place: null,
      })),
    ],
  });
  const slotOf = ({ slots, lastSuccessMs, machine: { everyMs } }: Known): NextRun | null =>
    nextRun({ slots, lastSuccessMs, everyMs, lastRun: null }, world.nowMs);

  return {
    slot: (machine) => slotOf(admit(machine)),
    ask: (machine) => {
      const source = admit(machine);
      const { nowMs } = world;
      if (held.has(machine.name)) return { kind: 'granted' };
      for (const [name, { keepUntilMs }] of waiting) if (keepUntilMs < nowMs) waiting.delete(name);
      const { lastEndedMs, lengthMs } = source;
      const asker: Asker = {
        source: machine.name,
        person: false,
        staleness: lastEndedMs === null ? Number.POSITIVE_INFINITY : (nowMs - lastEndedMs) / machine.everyMs,
        askedAtMs: waiting.get(machine.name)?.askedAtMs ?? nowMs,
        keepUntilMs: nowMs + graceMs,
        lengthMs,
      };
      waiting.set(machine.name, asker);
      const decision = decide({
        nowMs,
        concurrency: fleet.concurrency,
        held: [...held.values()],
        waiting: [...waiting.values()],
        asker,
      });
      if (decision.kind === 'granted') {
        waiting.delete(machine.name);
        held.set(machine.name, { source: machine.name, endsAtMs: nowMs + lengthMs });
      } else {
        waiting.set(machine.name, { ...asker, keepUntilMs: nowMs + decision.retryAfterMs + graceMs });
      }
      return decision;
    },
    free: ({ name }) => {
      held.delete(name);
    },
    report: (machine, startedAtMs, heldMs) => {
      const source = admit(machine);
      source.lastSuccessMs = startedAtMs;
      source.lastEndedMs = world.nowMs;
      source.lengthsMs = [heldMs, ...source.lengthsMs].slice(0, 20);
      source.lengthMs = expectedLength(source.lengthsMs);
    },
    replan: () => {
      for (const machine of fleet.machines) if (machine.joinsAtMs <= world.nowMs) admit(machine);
      const asked = question([]);
      const began = process.threadCpuUsage();
      const { slots, places } = plan(asked);
      const { user, system } = process.threadCpuUsage(began);
      for (const source of known.values()) {
        const planned = slots.get(source.machine.name) ?? [];
        const { everyMs } = source.machine;
        source.slots = mergedSlots(source.slots, planned, { nowMs: world.nowMs, everyMs });
        source.place = places.get(source.machine.name) ?? null;
      }
      return (user + system) / 1000;
    },
    movedBy: (machine) => {
      const before = plan(question([])).places;
      const after = plan(question([machine], before)).places;
      return [...before].filter(([name, { minute, day }]) => {
        const place = after.get(name);
        return place?.minute !== minute || place.day !== day;
      }).length;
    },
  };
};
