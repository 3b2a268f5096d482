import { join } from 'node:path';
import { lockOrNull } from '@berth/agent/run/lock.ts';
import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';
import { Bringer } from './bring.ts';
import { Count } from './count.ts';
import type { MirrorDisk } from './disk.ts';
import { Homing } from './homing.ts';
import { ledgerFile, openLedger } from './ledger.ts';
import { look } from './look.ts';
import { openShelf } from './open-shelf.ts';
import type { MirrorArguments, PassResult } from './pass.ts';
import { fromText, joined, type Raw } from './raw.ts';
import { modesOf, Shelf } from './shelf.ts';
import { Stopped } from './source.ts';
import { errorCode, wordsOf } from './trouble.ts';
import { wantedOf } from './wanted.ts';
import type { MirrorWorld } from './world.ts';

/**
 * Looks at every file of the phone once, and copies what is new or changed into the mirror, where nothing is ever deleted or replaced: the
 * older version of what changed moves to `.versions/<day>`, and what the phone deletes stays. A file is seen in the mirror when it is whole
 * and on the disk, not before; whenever a pass ends, and however, the next one goes on from there.
 * Throws `busy` while another pass is at work, and a Problem where the index can not be kept.
 */
export const mirrorPass = async (args: MirrorArguments, world: MirrorWorld): Promise<PassResult> => {
  await using lock = await lockOrNull(join(args.state, 'lock'));
  if (lock === null) throw new Problem('busy', 'Another pass of this mirror is going on.', 'Wait until it ends.');
  const beganMs = world.now().getTime();
  using ledger = openLedger(join(args.state, ledgerFile), world.now);
  const count = new Count();
  const outcome = await passWith(args, world, ledger, count);
  const nowMs = world.now().getTime();
  return { outcome, ...count.result(ledger, nowMs, args.layout), tookMs: Math.max(0, nowMs - beganMs) };
};

const passWith = async (
  args: MirrorArguments,
  world: MirrorWorld,
  ledger: ReturnType<typeof openLedger>,
  count: Count,
): Promise<PassResult['outcome']> => {
  const { disk, newMark } = world;
  const present = ledger.rows.values().some(({ goneAt }) => goneAt === null);
  const ingest = ingestOf(disk, args, present, count);
  if (typeof ingest === 'object') return ingest.outcome;
  const modes = modesOf(args.readableBy);
  const home = new Homing(args, ledger, world.now);
  const shelf = await openShelf(disk, fromText(args.target), {
    mode: modes.folder,
    decide: (found) => home.decide(found),
    begin: (mark) => home.begin(mark),
    newMark,
  });
  if (!(shelf instanceof Shelf)) {
    count.first(shelf.words);
    return shelf.outcome;
  }
  await home.keep();
  try {
    const wanted = wantedOf(args);
    const isStillThere = () => typeof ingestOf(disk, args, present, new Count()) === 'string';
    const work = await look({ ...world, settleMs: args.settleMs, ingest, wanted, ledger, shelf, count, isStillThere });
    if (work.length === 0) return 'done';
    const outcome = await new Bringer({ args, world, ledger, shelf, count, ingest, fileMode: modes.file }).bring(work);
    await home.keep();
    return outcome;
  } catch (error) {
    if (error instanceof Stopped) return 'stopped';
    throw error;
  }
};

/** The real path of the phone's folder; or why it can not be worked with. `present`: the phone is known to have files. */
const ingestOf = (
  disk: MirrorDisk,
  { ingest, marker }: MirrorArguments,
  present: boolean,
  count: Count,
): Raw | { readonly outcome: 'ingest-missing' | 'ingest-unreadable' } => {
  try {
    const real = disk.realPath(fromText(ingest));
    const isEmpty = disk.list(real).length === 0;
    const isMarked = marker === null || disk.stat(joined(real, fromText(marker))) !== null;
    // An empty folder is a disk that is not mounted until something proves otherwise.
    return !isMarked || (isEmpty && present) ? { outcome: 'ingest-missing' } : real;
  } catch (error) {
    if (!(error instanceof Error) || errorCode(error) === null) throw error;
    count.first(wordsOf(error));
    return { outcome: isErrno(error, 'ENOENT', 'ENOTDIR') ? 'ingest-missing' : 'ingest-unreadable' };
  }
};
