import type { Asker } from './decide.ts';

const minuteMs = 60_000;

/** How far a run that catches up looks ahead for slots, at the most; and how late one may come for its own and still find its place. */
export const lookAheadMs = 30 * minuteMs;

/** From here on, in its own periods, a source has waited long enough: it leaves no room for anybody's slot any more. */
const longSilent = 2;

/** Those of a lower class go first. */
const asClass = { person: 0, silent: 1, onTime: 2, late: 3 } as const;

/**
 * The queue: a person, then who has been silent for two periods or never succeeded, then who comes for its slot, for which the
 * plan has kept a place, then who catches up on one. Among those the stalest in its own periods, then who asked first.
 */
export const inOrder = (one: Asker, other: Asker): number =>
  classOf(one) - classOf(other) ||
  // Infinity from Infinity is NaN, which decides nothing either.
  other.staleness - one.staleness ||
  one.askedAtMs - other.askedAtMs ||
  (one.source < other.source ? -1 : one.source > other.source ? 1 : 0);

/** Whether it has to leave room for the slots of others that begin soon. */
export const leavesRoom = (asker: Asker): boolean => classOf(asker) === asClass.late;

const classOf = (asker: Asker): number => {
  if (asker.person) return asClass.person;
  if (asker.staleness >= longSilent) return asClass.silent;
  return isOnTime(asker) ? asClass.onTime : asClass.late;
};

/** Who began to wait while its slot was young has the place that was kept for it, however long it then waits. */
const isOnTime = ({ slotStartsAtMs, askedAtMs, lengthMs }: Asker): boolean =>
  slotStartsAtMs !== null && askedAtMs < slotStartsAtMs + Math.min(Math.max(lengthMs, 5 * minuteMs), lookAheadMs);
