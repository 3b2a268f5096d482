import type { StoredFacts } from '../coordinator/link.ts';
import type { JobRecord } from './jobs-file.ts';
import { reviewSchema } from './review.ts';

const nothing = { bytes: 0, objects: 0 };

/** What the coordinator hears of a source's last review; null while there is nothing to tell. */
export const storedFactsOf = (review: JobRecord | null): StoredFacts | null => {
  if (review === null) return null;
  const { answer, unreadable = null, startedAt } = review;
  const read = answer === null ? null : reviewSchema.safeParse(answer.result);
  if (answer !== null && read?.success && read.data.lastSnapshotAt !== undefined) {
    const { usage, snapshots, lastSnapshotAt } = read.data;
    return { at: answer.at, live: usage.live, trash: usage.trash, snapshots, lastSnapshotAt, unreadable };
  }
  if (unreadable === null) return null;
  return { at: startedAt, live: nothing, trash: nothing, snapshots: 0, lastSnapshotAt: null, unreadable };
};
