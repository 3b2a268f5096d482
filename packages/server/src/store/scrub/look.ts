import type { Disk } from '../disk.ts';
import { readJournal } from '../journal-read.ts';
import type { ObjectId } from '../object.ts';
import { type Fold, fold, keyOf, type Live, type Trashed } from '../past/fold.ts';
import { isChange } from '../record.ts';
import { beginning, type Seq } from '../seq.ts';
import type { Reading } from './read.ts';
import type { SeenConfig } from './state.ts';
import type { Target } from './walk.ts';

/** What a file should be. */
export interface Expected {
  /** Null where nobody knows: a `config` without a hash in its record that is seen for the first time. */
  readonly sha256: string | null;
  /** Bytes by its record; null without one. */
  readonly size: number | null;
  /** Since which record it is what it is; null without one. */
  readonly since: Seq | null;
}

/** One look at a file: what is wrong with it, or null, as `faultOf` says. */
export interface Look {
  readonly reading: Reading;
  readonly expected: Expected;
  readonly fault: string | null;
}

/**
 * What is wrong with a file: `hash`, `size` (and so its hash too), or the errno with which reading it failed; null when
 * it is as it should be, and when it is gone. A right hash outweighs a record with another size.
 */
export const faultOf = (reading: Reading, { sha256, size }: Pick<Expected, 'sha256' | 'size'>): string | null => {
  if (reading.kind === 'gone') return null;
  if (reading.kind === 'unreadable') return reading.code;
  if (reading.sha256 === sha256) return null;
  if (size !== null && reading.bytes !== size) return 'size';
  return sha256 === null ? null : 'hash';
};

/** Reads a file and says whether it is what `inventory`, or for `config` the journal as it is now, says it should be. */
export const lookAt = async (
  target: Target,
  from: {
    readonly disk: Disk;
    readonly journal: string;
    readonly inventory: Fold;
    readonly configs: readonly SeenConfig[];
    readonly read: (path: string) => Promise<Reading>;
  },
): Promise<Look> => {
  const { id, of, path } = target;
  const reading = await from.read(path);
  // Another config may have come since the journal was read, and no name says so.
  const { live, trash } = id.type === 'config' ? await foldOf(from.disk, from.journal, id) : from.inventory;
  const { size = null, since = null, sha256 = null } = (of === null ? live.get(keyOf(id)) : trash.get(of)) ?? {};
  const hash = id.type === 'config' ? (sha256 ?? from.configs.find((seen) => seen.since === since)?.sha256) : id.name;
  const expected = { sha256: hash ?? null, size, since };
  return { reading, expected, fault: faultOf(reading, expected) };
};

/** The copies of `id` that the journal knows now; those in the trash newest first. */
export const copiesOf = async (
  disk: Disk,
  journal: string,
  id: ObjectId,
): Promise<{ readonly live: Live | null; readonly trash: readonly Trashed[] }> => {
  const { live, trash } = await foldOf(disk, journal, id);
  return { live: live.get(keyOf(id)) ?? null, trash: [...trash.values()].toReversed() };
};

const foldOf = async (disk: Disk, journal: string, id: ObjectId): Promise<Fold> => {
  const folded = fold();
  await readJournal({
    disk,
    folder: journal,
    from: beginning,
    visit: (placed) => {
      const { record } = placed;
      if (isChange(record) && record.id.type === id.type && record.id.name === id.name) folded.add(placed);
    },
  });
  return folded;
};
