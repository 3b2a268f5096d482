import { join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import type { Disk } from '../disk.ts';
import { hashFile } from '../hash-file.ts';
import { layoutOf } from '../layout.ts';
import type { Seq } from '../seq.ts';
import type { IsAlive } from '../sessions.ts';
import { compare, pathOf, type Verdict, type Verifiable } from './compare.ts';
import { explain, keysToExplain } from './explain.ts';
import { type Finding, findingCodes } from './finding.ts';
import { inventory } from './inventory.ts';
import { checkJournal, historyOf } from './journal.ts';
import type { Look } from './look.ts';
import type { Tally } from './tally.ts';

/** How far an examination is. `bytes` are those that were hashed; the totals are the journal's, 0 before they are known. */
export interface FsckProgress {
  readonly objects: number;
  readonly objectsTotal: number;
  readonly bytes: number;
  readonly bytesTotal: number;
}

/** What an examination takes. */
export interface ExamineArguments {
  readonly disk: Disk;
  readonly look: Look;
  /** The source's own directory. */
  readonly directory: string;
  /** Whose the files must be. */
  readonly uid: number;
  readonly isAlive: IsAlive;
  readonly now: () => Date;
  /** Hash every file that is where its record says. */
  readonly verify: boolean;
  readonly progress: (progress: FsckProgress) => void;
  readonly signal: AbortSignal;
}

/** What came out. */
export interface Examination {
  readonly findings: readonly Finding[];
  /** What the journal says there is; empty when it can not be read. */
  readonly fold: Tally;
  readonly seen: Seq;
  readonly objects: number;
}

/**
 * Compares a source's journal with its files, and says what differs, why, and what would mend it. Touches nothing; while
 * a session lives, what it has under way can show up as a finding. Memory: one entry for each object.
 */
export const examine = async (args: ExamineArguments): Promise<Examination> => {
  const { disk, look, directory, uid, isAlive, now, progress, signal } = args;
  const layout = layoutOf(directory);
  const { fold, findings, seen, readable } = await checkJournal(disk, layout.journal, now());
  if (!readable) return { findings, fold, seen, objects: 0 };

  const { live, trash } = fold.usage();
  const objectsTotal = live.objects + trash.objects;
  const bytesTotal = args.verify ? live.bytes + trash.bytes : 0;
  let [objects, bytes] = [0, 0];
  const tell = (): void => progress({ objects, objectsTotal, bytes, bytesTotal });
  const verify = async (file: Verifiable): Promise<Verdict> => {
    signal.throwIfAborted();
    const verdict = await hasBytes(disk, join(directory, pathOf(file.id, file.of)), file.sha256);
    bytes += file.size;
    tell();
    return verdict;
  };
  const difference = await compare({
    fold,
    items: inventory({ disk, look, layout, uid, isAlive }),
    verify: args.verify ? verify : null,
    seen: (count) => {
      signal.throwIfAborted();
      objects = count;
      if (count % 1000 === 0) tell();
    },
  });
  tell();
  const history = await historyOf(disk, layout.journal, keysToExplain(difference));
  return {
    findings: [...explain(difference, history, fold), ...findings],
    fold,
    seen,
    objects: difference.objects,
  };
};

/** Whether a file's bytes have this hash. A file that is gone by now has not. */
export const hasBytes = async (disk: Disk, path: string, sha256: string): Promise<Verdict> => {
  try {
    return (await hashFile(disk, path)) === sha256 ? 'right' : 'wrong';
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 'wrong';
    if (error instanceof Error && isErrno(error, 'EIO', 'EACCES', 'EPERM') && 'code' in error)
      return { unreadable: String(error.code) };
    throw error;
  }
};

/** The findings that a person has to look at before anything else can be mended. */
export const blocking = (findings: readonly Finding[]): readonly Finding[] => {
  // What its owner may not open is unreadable as well, until its mode is mended.
  const closed = new Set(findings.flatMap(({ code, name }) => (code === 'mode' ? [name] : [])));
  return findings.filter(
    ({ code, name }) => findingCodes[code].kind === 'admin' && !(code === 'unreadable' && closed.has(name)),
  );
};

/** The findings that are not notes. */
export const unsettled = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(({ code }) => findingCodes[code].kind !== 'note');
