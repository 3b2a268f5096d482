import type { Alert } from './alert.ts';
import { dayMs } from './times.ts';

/**
 * How much time is taken to have passed between two looks, by a clock that somebody may have set: never less than none, and never more
 * than a day, however long the machine was off. `jumpMs` is what the clock went beyond that: kept times move along with it, so that a
 * year forth is no year of reminders, and a year back no year of silence.
 */
export const stepOf = (thenMs: number, nowMs: number): { readonly elapsedMs: number; readonly jumpMs: number } => {
  const elapsedMs = Math.min(Math.max(0, nowMs - thenMs), dayMs);
  return { elapsedMs, jumpMs: nowMs - thenMs - elapsedMs };
};

/** An alert as it would be had the clock always been `jumpMs` ahead. */
export const moved = (alert: Alert, jumpMs: number): Alert => {
  if (jumpMs === 0) return alert;
  const move = (atMs: number): number => atMs + jumpMs;
  const moveIf = (atMs: number | null): number | null => (atMs === null ? null : atMs + jumpMs);
  return {
    ...alert,
    members: alert.members.map((one) => ({ ...one, sinceMs: move(one.sinceMs), awayMs: moveIf(one.awayMs) })),
    ...{ sinceMs: move(alert.sinceMs), seenMs: move(alert.seenMs), joinedMs: move(alert.joinedMs) },
    ...{ toldMs: moveIf(alert.toldMs), nextMs: moveIf(alert.nextMs), awayMs: moveIf(alert.awayMs) },
    ...{ returnedMs: moveIf(alert.returnedMs), recentMs: alert.recentMs.map(move) },
  };
};
