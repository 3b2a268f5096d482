import type { StoredFacts } from '../coordinator/link.ts';
import type { LocalTime } from '../coordinator/plan/local-time.ts';
import { nameOfDay } from './days.ts';
import type { SizeDay } from './state.ts';

/** How often what is used of the disk is written down, in milliseconds: what a day's last look says is enough to a quarter of an hour. */
const diskEveryMs = 15 * 60_000;

/** What the last look at a source is worth keeping as; null where there was none, or nothing could be read. */
export const sizeOfSource = (
  source: string,
  facts: StoredFacts | null,
  time: LocalTime,
  nowMs: number,
): SizeDay | null => {
  if (facts === null || facts.unreadable !== null) return null;
  const { at, live, trash, snapshots, lastSnapshotAt } = facts;
  return {
    source,
    // The day that was looked at: what is heard again after a restart may be of yesterday.
    day: nameOfDay(time.wallAt(Math.min(Date.parse(at), nowMs)).day),
    ...{ liveBytes: live.bytes, trashBytes: trash.bytes, objects: live.objects, snapshots },
    lastSuccessMs: lastSnapshotAt === null ? null : Date.parse(lastSnapshotAt),
  };
};

/** What is used of the disk, as it is kept. */
export const sizeOfDisk = (
  disk: { readonly totalBytes: number; readonly freeBytes: number },
  time: LocalTime,
  nowMs: number,
): SizeDay => ({
  ...{ source: null, day: nameOfDay(time.wallAt(nowMs).day), liveBytes: Math.max(0, disk.totalBytes - disk.freeBytes) },
  ...{ trashBytes: 0, objects: 0, snapshots: 0, lastSuccessMs: null },
});

/** Whether `size` is to be written down after `last`, which was written `sinceMs` ago. */
export const isWorthSaving = (size: SizeDay, last: SizeDay | undefined, sinceMs: number): boolean => {
  if (last === undefined || last.day !== size.day) return true;
  if (size.source === null && sinceMs < diskEveryMs) return false;
  return (
    last.liveBytes !== size.liveBytes ||
    last.trashBytes !== size.trashBytes ||
    last.objects !== size.objects ||
    last.snapshots !== size.snapshots ||
    last.lastSuccessMs !== size.lastSuccessMs
  );
};
