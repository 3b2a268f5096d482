import type { Disk } from './disk.ts';
import type { FolderSync } from './folder-sync.ts';
import type { Layout } from './layout.ts';
import type { ObjectId } from './object.ts';
import type { JournalRecord } from './record.ts';
import type { Seq } from './seq.ts';
import { repeatMove } from './trash.ts';

/** Remembers, of the records since the last checkpoint, the deletions that nothing came after. */
export interface OpenDeletions {
  readonly note: (seq: Seq, record: JournalRecord) => void;
  readonly all: () => Iterable<{ readonly seq: Seq; readonly id: ObjectId }>;
  readonly forget: () => void;
}

export const openDeletions = (): OpenDeletions => {
  const open = new Map<string, { readonly seq: Seq; readonly id: ObjectId }>();
  return {
    note: (seq, { op, id }) => {
      const key = `${id.type}/${id.name}`;
      if (op === 'trash') open.set(key, { seq, id });
      else open.delete(key);
    },
    all: () => open.values(),
    forget: () => open.clear(),
  };
};

/**
 * Repeats deletions whose record outlived a power cut and whose move did not. Only for a session that is alone:
 * another could be uploading the same object anew, between its link and its record.
 */
export const repeatDeletions = async (
  disk: Disk,
  folders: FolderSync,
  layout: Layout,
  deletions: OpenDeletions,
): Promise<void> => {
  for (const { seq, id } of deletions.all()) await repeatMove(disk, folders, layout, id, seq);
  await folders.settle();
};
