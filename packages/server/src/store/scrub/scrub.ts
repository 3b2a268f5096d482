import { isErrno } from '@berth/common/errno.ts';
import type { Disk } from '../disk.ts';
import { readJournal } from '../journal-read.ts';
import { layoutOf } from '../layout.ts';
import type { ObjectId } from '../object.ts';
import type { OpenArguments } from '../open-context.ts';
import { type Fold, fold } from '../past/fold.ts';
import { beginning } from '../seq.ts';
import { type Aside, setAside } from './aside.ts';
import { type Look, lookAt } from './look.ts';
import type { Pace } from './pace.ts';
import { fileReader } from './read.ts';
import { dueBytes } from './share.ts';
import { type Cycle, readScrubState, removeStaleStates, writeScrubState } from './state.ts';
import { type Target, walkFiles } from './walk.ts';

/** A file whose bytes are not its name's, or which can not be read. */
export interface BadObject {
  readonly id: ObjectId;
  /** A copy in the trash, or the live object. */
  readonly where: 'live' | 'trash';
  /** `hash`, `size`, or the errno, such as `EIO`, with which reading it failed. */
  readonly reason: string;
  /** True when it was moved to quarantine, false when that could not be: then it is where it was. */
  readonly quarantined: boolean;
  /** True when the same object lay in the trash unharmed and is live again. */
  readonly restoredFromTrash: boolean;
}

/** It was told to, or so many files in a row could not be read that the disk, rather than they, is to be looked at. */
export type Stopped = 'signal' | 'failing-disk';

/** What one run did. */
export interface ScrubResult {
  readonly checked: number;
  readonly bytes: number;
  readonly bad: readonly BadObject[];
  /** The time through everything that this run was part of; `endedAt` is null while some of it is still to do. */
  readonly cycle: Cycle & { readonly endedAt: number | null };
  /** Why it ended before its share was done, if it did. */
  readonly stopped: Stopped | null;
  /** What else a person should know, a sentence each. */
  readonly notes: readonly string[];
}

/** How far a run is, and how many bytes it is to check. */
export interface ScrubProgress {
  readonly objects: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

/** What a run takes. */
export interface ScrubArguments {
  readonly open: Omit<OpenArguments, 'quotaBytes' | 'floorBytes'>;
  /** How long everything once may take. */
  readonly scrubMs: number;
  /** True for everything, from the start, instead of what is due. */
  readonly all: boolean;
  readonly pace: Pace;
  /** Waits; rejects when `signal` is aborted. */
  readonly sleep: (millis: number) => Promise<void>;
  /** Ends the run, even in the middle of a file; its result then says what was done. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ScrubProgress) => void;
}

const saveEveryMs = 30_000;
const waitForAdminMs = 5_000;
/** So many unreadable files in a row are a disk or a cable, and no reason to move a whole repository away. */
const failingInARow = 16;

/**
 * Checks files of a source against their names, live ones and those in the trash: what is due of a cycle through
 * everything, or all. What is bad goes to quarantine (scrub-aside.ts) and is named. Goes on where the last run ended,
 * object by object. Throws errors of the machine that are no file's.
 */
export const scrub = async (args: ScrubArguments): Promise<ScrubResult> => {
  const { open, signal, sleep } = args;
  const { disk, now } = open;
  const layout = layoutOf(open.directory);
  const { journal } = layout;
  const began = now().getTime();
  await removeStaleStates(disk, journal, open.isAlive);
  const { state, note } = await readScrubState(disk, journal, began);
  const notes = new Set(note === null ? [] : [note]);
  const inventory = await readInventory(disk, journal);

  const start = (args.all ? null : state.cycle) ?? { startedAt: began, objects: 0, bytes: 0, bad: 0, cursor: null };
  const totalBytes = bytesOf(inventory);
  const { lastRunAt } = state;
  const { all, scrubMs } = args;
  const due = all ? Number.POSITIVE_INFINITY : dueBytes({ now: began, lastRunAt, cycle: start, totalBytes, scrubMs });
  const toCheck = Math.min(due, Math.max(0, totalBytes - start.bytes));

  const read = fileReader(disk, args.pace, signal);
  const bad: BadObject[] = [];
  let { cursor } = start;
  let { configs } = state;
  let checked = 0;
  let bytes = 0;
  let unreadable = 0;

  const check = async (target: Target): Promise<void> => {
    const look = (): Promise<Look> => lookAt(target, { disk, journal, inventory, configs, read });
    const { reading, expected, fault } = await look();
    if (reading.kind === 'gone') return;
    if (fault !== null) {
      const aside = await setAside({ target, look, read }, open, () => sleep(waitForAdminMs));
      if (aside.kind !== 'cleared') bad.push(badObject(target, aside));
    } else if (reading.kind === 'read' && expected.sha256 === null && expected.since !== null) {
      configs = [...configs, { since: expected.since, sha256: reading.sha256 }].slice(-mostConfigs);
      notes.add(firstSeen);
    }
    checked += 1;
    bytes += reading.kind === 'read' ? reading.bytes : 0;
    unreadable = reading.kind === 'unreadable' ? unreadable + 1 : 0;
  };

  const cycle = (): Cycle => ({
    startedAt: start.startedAt,
    objects: start.objects + checked,
    bytes: start.bytes + bytes,
    bad: start.bad + bad.length,
  });
  const save = async (endedAt: number | null): Promise<void> => {
    const lastCycle = endedAt === null ? state.lastCycle : { ...cycle(), endedAt };
    const next = { cycle: endedAt === null ? { ...cycle(), cursor } : null, lastRunAt: began, lastCycle, configs };
    try {
      await writeScrubState(disk, journal, open.pid, next);
    } catch (error) {
      // A disk that takes nothing is no reason to keep back what was found on it.
      if (!isErrno(error, 'ENOSPC', 'EDQUOT', 'EROFS', 'EIO')) throw error;
      notes.add(unsaved);
    }
  };

  const go = async (): Promise<Stopped | 'share' | null> => {
    let savedAt = began;
    for await (const target of walkFiles(disk, layout, cursor)) {
      if (signal.aborted) return 'signal';
      if (bytes >= due) return 'share';
      await check(target);
      ({ cursor } = target);
      args.onProgress({ objects: checked, bytes, totalBytes: toCheck });
      if (unreadable >= failingInARow) return 'failing-disk';
      if (now().getTime() - savedAt < saveEveryMs) continue;
      await save(null);
      savedAt = now().getTime();
    }
    return null;
  };
  const stopped = await go().catch((error: unknown) => {
    if (signal.aborted) return 'signal' as const;
    throw error;
  });
  const endedAt = stopped === null ? now().getTime() : null;
  await save(endedAt);
  return {
    checked,
    bytes,
    bad,
    cycle: { ...cycle(), endedAt },
    stopped: stopped === 'share' ? null : stopped,
    notes: [...notes],
  };
};

const mostConfigs = 100;
const firstSeen = 'The record of config does not say its hash: from now on config is compared with what it is today.';
const unsaved = 'The disk did not take what the scrub must remember: the next run looks at the same files again.';

const badObject = ({ id, of }: Target, aside: Exclude<Aside, { kind: 'cleared' }>): BadObject => ({
  id,
  where: of === null ? 'live' : 'trash',
  reason: aside.reason,
  quarantined: aside.kind === 'quarantined',
  restoredFromTrash: aside.kind === 'quarantined' && aside.restored,
});

const readInventory = async (disk: Disk, journal: string): Promise<Fold> => {
  const folded = fold();
  await readJournal({ disk, folder: journal, from: beginning, visit: folded.add });
  return folded;
};

const bytesOf = ({ live, trash }: Fold): number => {
  let sum = 0;
  for (const objects of [live, trash]) for (const { size } of objects.values()) sum += size;
  return sum;
};
