import { isErrno } from '@berth/common/errno.ts';
import type { MirrorDisk } from './disk.ts';
import type { FoundFolder } from './home.ts';
import { ownFolder, versionsFolder } from './names.ts';
import type { PassResult } from './pass.ts';
import { joined, type Raw, rawOf } from './raw.ts';
import { Shelf } from './shelf.ts';
import { errorCode, isFull, wordsOf } from './trouble.ts';

/** Where copies are made, and the mark by which a folder is known to be the one that an index is about. */
export const incomingFolder = joined(ownFolder, rawOf('incoming'));
const markFile = joined(ownFolder, rawOf('id'));

/** Why nothing can be done in the mirror's folder; `words` for a person, null where the outcome says it all. */
export interface NoShelf {
  readonly outcome: Extract<PassResult['outcome'], 'target-missing' | 'target-unwritable' | 'full'>;
  readonly words: string | null;
}

export interface ShelfOptions {
  /** Of the folders that are made. */
  readonly mode: number;
  readonly decide: (found: Omit<FoundFolder, 'to'>) => 'go-on' | 'begin' | 'leave';
  /** Writes down that the mirror begins in the folder of this mark, before that has it: cut off in between, it begins once more. */
  readonly begin: (mark: string) => Promise<void>;
  readonly newMark: () => string;
}

/**
 * Opens the mirror's folder: makes what is missing in it, and removes what a pass that was cut off had not finished. In a folder that is to
 * be left alone, such as that below a disk that is not mounted, nothing is made. Throws what `begin` throws.
 */
export const openShelf = async (disk: MirrorDisk, target: Raw, options: ShelfOptions): Promise<Shelf | NoShelf> => {
  try {
    const root = disk.realPath(target);
    if (!disk.stat(root)?.isDirectory()) return { outcome: 'target-missing', words: null };
    const shelf = new Shelf(disk, root, options.mode);
    if (!(await isTheOne(shelf, options))) return { outcome: 'target-missing', words: null };
    clearIncoming(shelf);
    await shelf.flush();
    return shelf;
  } catch (error) {
    if (!(error instanceof Error) || errorCode(error) === null) throw error;
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return { outcome: 'target-missing', words: wordsOf(error) };
    return { outcome: isFull(error) ? 'full' : 'target-unwritable', words: wordsOf(error) };
  }
};

/** True when the folder is the mirror's now. */
const isTheOne = async (shelf: Shelf, { decide, begin, newMark }: ShelfOptions): Promise<boolean> => {
  const hasOwn = shelf.isStraight(ownFolder);
  const found = hasOwn ? readMark(shelf) : null;
  const verdict = decide({ mark: found, hasOwn });
  if (verdict === 'leave') return false;
  for (const folder of [ownFolder, incomingFolder, versionsFolder]) {
    if (!shelf.makeFolder(folder) && !shelf.stat(folder)?.isDirectory()) throw new NotAFolder();
  }
  if (verdict === 'go-on') return true;
  await shelf.flush();
  const mark = found ?? newMark();
  await begin(mark);
  if (found === null) await writeMark(shelf, mark);
  if (readMark(shelf) !== mark) throw new NotAFolder();
  return true;
};

/** Somebody has put a file or a link where the mirror keeps what is its own. */
class NotAFolder extends Error {
  readonly code = 'ENOTDIR-OWN';
  readonly errno = null;
  override readonly message = '.berth or .versions in it is not the folder that the mirror made';
}

const readMark = (shelf: Shelf): string | null => {
  const stat = shelf.stat(markFile);
  if (!stat?.isFile() || stat.size > 100n) return null;
  using file = shelf.disk.openRead(shelf.whole(markFile));
  const bytes = Buffer.alloc(100);
  const mark = bytes.subarray(0, file.read(bytes, 0)).toString().trim();
  return mark === '' ? null : mark;
};

/** What stands there and is no mark is not ours to replace. */
const writeMark = async (shelf: Shelf, mark: string): Promise<void> => {
  clearIncoming(shelf);
  const path = shelf.whole(joined(incomingFolder, rawOf('0')));
  const file = await shelf.disk.create(path);
  try {
    file.write(Buffer.from(`${mark}\n`));
    await file.sync();
  } finally {
    await file.close();
  }
  if (!shelf.give(path, markFile)) shelf.disk.unlink(path);
  shelf.note(markFile);
  await shelf.flush();
};

/** Only what a pass makes there: files whose names are numbers. */
const clearIncoming = (shelf: Shelf): void => {
  const folder = shelf.whole(incomingFolder);
  for (const { name, kind } of shelf.disk.list(folder)) {
    if (kind === 'file' && /^\d+$/.test(name)) shelf.disk.unlink(joined(folder, name));
  }
};
