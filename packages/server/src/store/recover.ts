import { quarantinePath, trashPath } from './layout.ts';
import { type Place, perform } from './moves.ts';
import { type Change, isChange, type JournalRecord } from './record.ts';
import type { Seq } from './seq.ts';

/** A move that a power cut may have undone. */
interface OpenMove {
  readonly seq: Seq;
  readonly change: Change;
  /** Of a removal of what was live: the copy in the trash that became live next, or null when none did. */
  restored: Seq | null;
}

/** Remembers, of the records since the last checkpoint, those whose moves a power cut may have undone. */
export interface OpenMoves {
  readonly note: (seq: Seq, record: JournalRecord) => void;
  /** In the journal's order. */
  readonly all: () => Iterable<Readonly<OpenMove>>;
  readonly forget: () => void;
}

export const openMoves = (): OpenMoves => {
  const open = new Map<Seq, OpenMove>();
  const removals = new Map<string, OpenMove[]>();
  return {
    note: (seq, record) => {
      if (!isChange(record) || record.op === 'lost') return;
      const key = `${record.id.type}/${record.id.name}`;
      if (record.op === 'put' || record.op === 'restore') {
        for (const removal of removals.get(key) ?? []) {
          // What arrived later must not be moved away by what removed its forerunner; with its folder synced, that is done.
          if (record.op === 'put') open.delete(removal.seq);
          else removal.restored ??= record.of;
        }
        removals.delete(key);
      }
      if (record.op === 'put') return;
      const move = { seq, change: record, restored: null };
      open.set(seq, move);
      if (isRemoval(record)) removals.set(key, [...(removals.get(key) ?? []), move]);
    },
    all: () => open.values(),
    forget: () => {
      open.clear();
      removals.clear();
    },
  };
};

const isRemoval = (change: Change): boolean =>
  change.op === 'trash' || (change.op === 'quarantine' && change.of === null);

/**
 * Repeats moves whose record outlived a power cut and which themselves did not, and makes durable those that a killed
 * session left to the disk. Only for a session that is alone: another could be uploading the same object anew, between
 * its link and its record. Answers with how many were repeated.
 */
export const repeatMoves = async (place: Place, moves: OpenMoves): Promise<number> => {
  let repeated = 0;
  for (const move of moves.all()) {
    if (!(await isOvertaken(place, move)) && (await perform(place, move.seq, move.change))) repeated += 1;
  }
  await place.folders.settle();
  return repeated;
};

/**
 * True for a removal that was made, since what came after it was: then what is live now came later, and stays. Of each
 * name a power cut undoes the last moves, so the restore behind a removal was not made while its copy is in the trash.
 */
const isOvertaken = async ({ disk, layout }: Place, { seq, change, restored }: OpenMove): Promise<boolean> => {
  if (restored === null || !isRemoval(change)) return false;
  const { id } = change;
  if ((await disk.size(trashPath(layout, id, restored))) === null) return true;
  const target = change.op === 'trash' ? trashPath(layout, id, seq) : quarantinePath(layout, id, seq);
  return (await disk.size(target)) !== null;
};
