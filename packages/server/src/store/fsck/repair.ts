import { openContext } from '../open-context.ts';
import { inParallel } from '../parallel.ts';
import type { Finding, Mend } from './finding.ts';
import { blocking, type ExamineArguments, examine, type FsckProgress, unsettled } from './fsck.ts';
import { mend } from './mend.ts';
import type { Tally } from './tally.ts';

/** What a repair takes. `mending` hears how many findings of how many are mended, and of their bytes that are hashed. */
export interface RepairArguments extends ExamineArguments {
  readonly pid: number;
  readonly mending: (progress: FsckProgress) => void;
}

/** What a repair came to. */
export interface Repaired {
  /** What was not as it should be, before. */
  readonly found: readonly Finding[];
  /** What of it still is not, notes included. */
  readonly left: readonly Finding[];
  /** What opening the store finished by itself, in words. */
  readonly mended: readonly string[];
  readonly objects: number;
  /** What the journal says there is, in the end. */
  readonly fold: Tally;
}

/** Mending one finding can bring up another, such as a copy that turns out to be damaged; then there is peace. */
const mostRounds = 5;

/** Waiting for the disk, and sharing its syncs. */
const atOnce = 16;

/**
 * Examines a source and mends what it finds, alone on it: throws `source-busy` while a session lives. What a person has
 * to look at first (`blocking`) keeps it from touching anything. May be ended and begun again at any point.
 */
export const repair = async (given: RepairArguments): Promise<Repaired> => {
  // Our own folder in `incoming` is no leftover.
  const args = { ...given, isAlive: (pid: number) => pid === given.pid || given.isAlive(pid) };
  const before = await examine({ ...args, verify: false });
  if (blocking(before.findings).length > 0) {
    return { found: before.findings, left: before.findings, mended: [], objects: before.objects, fold: before.fold };
  }
  const { disk, now, pid, directory, look, signal } = args;
  const whole = { directory, disk, now, pid, isAlive: given.isAlive, quotaBytes: null, floorBytes: 0 } as const;
  await using open = await openContext({ ...whole, presence: 'exclusive' });
  const shopFor = (fold: typeof before.fold) => ({ context: open.context, fold, directory, look, now });
  // First, since what its owner may not open can not be hashed.
  for (const { mend: how } of before.findings) if (how?.do === 'mode') await mend(shopFor(before.fold), how);

  let found = before.findings;
  for (let round = 1; ; round += 1) {
    const { findings, fold, objects } = await examine({ ...args, verify: args.verify && round === 1 });
    if (round === 1) found = merge(found, findings);
    const toMend = findings.filter(({ mend: how }) => how !== null);
    if (toMend.length === 0 || round > mostRounds) {
      open.recount(fold.usage());
      const left = findings.filter(({ code }) => code !== 'checkpoint');
      return { found, left, mended: open.mended, objects, fold };
    }
    const bytesTotal = toMend.reduce((sum, { mend: how }) => sum + sizeOf(how), 0);
    let [done, bytes] = [0, 0];
    const shop = shopFor(fold);
    await inParallel(toMend, { atOnce, signal }, async ({ mend: how }) => {
      if (how !== null) await mend(shop, how);
      done += 1;
      bytes += sizeOf(how);
      args.mending({ objects: done, objectsTotal: toMend.length, bytes, bytesTotal });
    });
    signal.throwIfAborted();
    await open.context.folders.settle();
  }
};

/** True when nothing is left that is more than a note. */
export const isSettled = ({ left }: Pick<Repaired, 'left'>): boolean => unsettled(left).length === 0;

const sizeOf = (how: Mend | null): number => (how?.do === 'record-live' ? how.size : 0);

/** Those of both, once each. */
const merge = (one: readonly Finding[], other: readonly Finding[]): readonly Finding[] => {
  const known = new Set(one.map(({ code, name }) => `${code} ${name}`));
  return [...one, ...other.filter(({ code, name }) => !known.has(`${code} ${name}`))];
};
