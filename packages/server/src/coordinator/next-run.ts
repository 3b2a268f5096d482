import { happened } from './clock.ts';
import { dueSlot } from './plan/due.ts';
import type { Slot } from './plan/plan.ts';
import { counts, isGood, type RunOutline } from './reports/outline.ts';

/** When a source should run next; in the past when it is due. UTC milliseconds. */
export interface NextRun {
  readonly startsAtMs: number;
  readonly closesAtMs: number | null;
}

/** What decides it. */
export interface RunFacts {
  readonly everyMs: number;
  /** The slot that began last, and the next ones, ascending. */
  readonly slots: readonly Omit<Slot, 'name'>[];
  /** When its last run that succeeded began; null before the first. */
  readonly lastSuccessMs: number | null;
  readonly lastRun: RunOutline | null;
}

/**
 * The slot that is due or comes next (plan/due.ts); after a run that failed a source rests for a while, so that a machine
 * that can not succeed does not try all day. Null where nothing is planned.
 */
export const nextRun = (facts: RunFacts, nowMs: number): NextRun | null => {
  const { slots, everyMs, lastSuccessMs, lastRun } = facts;
  const coming = (): NextRun | null =>
    dueSlot({ ...facts, slots: after(slots, nowMs), nowMs }) ?? estimated(facts, nowMs);
  const due = dueSlot({ slots, everyMs, lastSuccessMs, nowMs });
  if (due === null || due.startsAtMs > nowMs) return due ?? coming();
  const failed = lastRun !== null && counts(lastRun) && !isGood(lastRun) && lastRun.outcome !== 'cancelled';
  const failedAtMs = failed ? happened(lastRun.endedAtMs, nowMs) : null;
  const restsUntilMs = failedAtMs === null ? Number.NEGATIVE_INFINITY : failedAtMs + restMs(everyMs);
  if (restsUntilMs <= due.startsAtMs) return due;
  const later = coming();
  if (later !== null && restsUntilMs >= later.startsAtMs) return later;
  return { startsAtMs: restsUntilMs, closesAtMs: due.closesAtMs };
};

const after = <One extends { readonly startsAtMs: number }>(slots: readonly One[], nowMs: number): readonly One[] =>
  slots.filter(({ startsAtMs }) => startsAtMs > nowMs);

const [quarterMs, hourMs] = [15 * 60_000, 3_600_000];

/** How long a source rests after a run that failed: an eighth of its period, a quarter of an hour to three hours. */
const restMs = (everyMs: number): number => Math.min(Math.max(everyMs / 8, quarterMs), 3 * hourMs);

/** Until the next planning, whole periods after the last slot that is known. */
const estimated = ({ slots, everyMs, lastSuccessMs }: RunFacts, nowMs: number): NextRun | null => {
  const last = slots.at(-1);
  if (last === undefined) return null;
  const fromMs = Math.max(nowMs, lastSuccessMs === null ? nowMs : lastSuccessMs + everyMs / 4);
  const periods = Math.max(1, Math.floor((fromMs - last.startsAtMs) / everyMs) + 1);
  const onMs = periods * everyMs;
  return {
    startsAtMs: last.startsAtMs + onMs,
    closesAtMs: last.closesAtMs === null ? null : last.closesAtMs + onMs,
  };
};

/**
 * The slots of a source after they were planned anew. The one that began last is kept, so that one that was missed stays due.
 * So is the next one where the new place is at an hour that is over: without it a day would go by, or a week, without a run.
 */
export const mergedSlots = (
  before: readonly Omit<Slot, 'name'>[],
  planned: readonly Omit<Slot, 'name'>[],
  { nowMs, everyMs }: { readonly nowMs: number; readonly everyMs: number },
): readonly Omit<Slot, 'name'>[] => {
  const begun = before.findLast(({ startsAtMs }) => startsAtMs <= nowMs);
  const [next] = after(before, nowMs);
  const coming = planned.filter((slot) => begun === undefined || slot.startsAtMs > begun.startsAtMs);
  const first = coming[0];
  const wouldBeLost = next !== undefined && first !== undefined && first.startsAtMs - next.startsAtMs > everyMs / 2;
  return [...(begun === undefined ? [] : [begun]), ...(wouldBeLost ? [next] : []), ...coming].slice(0, mostSlots);
};

/** Two days of a source that runs four times an hour. */
const mostSlots = 200;
