import { type Place, perform } from './moves.ts';
import { type Change, isChange, type JournalRecord } from './record.ts';
import type { Seq } from './seq.ts';

/** Remembers, of the records since the last checkpoint, those whose moves a power cut may have undone. */
export interface OpenMoves {
  readonly note: (seq: Seq, record: JournalRecord) => void;
  /** In the journal's order, in which repeating all of them leads to where they led before. */
  readonly all: () => Iterable<readonly [Seq, Change]>;
  readonly forget: () => void;
}

export const openMoves = (): OpenMoves => {
  const open = new Map<Seq, Change>();
  const removals = new Map<string, Seq[]>();
  return {
    note: (seq, record) => {
      if (!isChange(record) || record.op === 'lost') return;
      const key = `${record.id.type}/${record.id.name}`;
      if (record.op === 'put' || record.op === 'restore') {
        // What arrived later must not be moved away by what removed its forerunner.
        for (const removal of removals.get(key) ?? []) open.delete(removal);
        removals.delete(key);
      }
      if (record.op === 'put') return;
      open.set(seq, record);
      if (record.op === 'trash' || (record.op === 'quarantine' && record.of === null)) {
        removals.set(key, [...(removals.get(key) ?? []), seq]);
      }
    },
    all: () => open,
    forget: () => {
      open.clear();
      removals.clear();
    },
  };
};

/**
 * Repeats moves whose record outlived a power cut and which themselves did not. Only for a session that is alone:
 * another could be uploading the same object anew, between its link and its record. Answers with how many there were.
 */
export const repeatMoves = async (place: Place, moves: OpenMoves): Promise<number> => {
  let repeated = 0;
  for (const [seq, change] of moves.all()) if (await perform(place, seq, change)) repeated += 1;
  await place.folders.settle();
  return repeated;
};
