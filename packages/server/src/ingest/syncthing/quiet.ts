import type { FolderConfig, FolderStatus } from './answers.ts';

/** So long nothing may be on its way before it counts as quiet, in milliseconds: between two files it looks so too. */
export const quietAfterMs = 5000;

/** States in which nothing of what it received changes; a scan only looks. Each other one fetches or is about to. */
const calm: ReadonlySet<string> = new Set(['idle', 'scan-waiting', 'scanning', 'clean-waiting', 'cleaning']);

/**
 * Whether nothing is being fetched; null where nobody needs to wait for it: a paused folder, or one that an error stopped, answers
 * that it needs nothing, which says nothing. What it gave up on for now is not waited for.
 */
export const isCalm = (folder: Pick<FolderConfig, 'paused'>, status: FolderStatus): boolean | null => {
  const { state, error, needTotalItems, pullErrors } = status;
  if (folder.paused || error !== '' || state === 'error' || state === '') return null;
  return calm.has(state) && needTotalItems - pullErrors <= 0;
};

/** Since when it is calm, on a clock that never jumps; null while it is not. */
export const calmSince = (before: number | null, calmNow: boolean | null, nowMs: number): number | null =>
  calmNow === true ? (before ?? nowMs) : null;

/** How long it has to stay calm still before it is quiet, in milliseconds; 0 where it is; null where it is not calm. */
export const untilQuietMs = (since: number | null, nowMs: number): number | null =>
  since === null ? null : Math.max(0, since + quietAfterMs - nowMs);
