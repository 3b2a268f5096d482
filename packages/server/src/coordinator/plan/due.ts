/** What decides which of its slots a source runs next. Times are UTC milliseconds. */
interface Question<Slot> {
  /** The slot that began last, as it was planned, and those to come; ascending. Of a source that is new, only those to come. */
  readonly slots: readonly Slot[];
  readonly everyMs: number;
  /** When its last run that succeeded began; null before the first. */
  readonly lastSuccessMs: number | null;
  readonly nowMs: number;
}

/**
 * Whether a slot needs no run any more: one that succeeded began after it, or up to a quarter of the period before, so that
 * one that a person started in the evening counts for the night.
 */
export const isDone = (startsAtMs: number, everyMs: number, lastSuccessMs: number | null): boolean =>
  lastSuccessMs !== null && lastSuccessMs > startsAtMs - everyMs / 4;

/**
 * The slot that is to be run next. One that has begun and is not done is due, until the next one begins; those before it are
 * not made up for. A source that is new waits for its first one: its first backup is made when it is enrolled. Null when all
 * that are known are done.
 */
export const dueSlot = <Slot extends { readonly startsAtMs: number }>(question: Question<Slot>): Slot | null => {
  const { slots, everyMs, lastSuccessMs, nowMs } = question;
  const begun = slots.findLast(({ startsAtMs }) => startsAtMs <= nowMs);
  if (begun !== undefined && !isDone(begun.startsAtMs, everyMs, lastSuccessMs)) return begun;
  return slots.find(({ startsAtMs }) => startsAtMs > nowMs && !isDone(startsAtMs, everyMs, lastSuccessMs)) ?? null;
};
