import { join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { parseJson } from '@berth/common/parse-json.ts';
import { z } from 'zod';
import type { Disk } from '../disk.ts';
import { parseSeq, type Seq } from '../seq.ts';
import { type Cursor, scrubSteps } from './walk.ts';

/** One time through everything. Times are UTC milliseconds. */
export interface Cycle {
  readonly startedAt: number;
  readonly objects: number;
  readonly bytes: number;
  /** How many were bad. */
  readonly bad: number;
}

/** What a scrub remembers from one run to the next. */
export interface ScrubState {
  /** The cycle under way; null between two. */
  readonly cycle: (Cycle & { readonly cursor: Cursor | null }) | null;
  /** When a run last did anything. */
  readonly lastRunAt: number | null;
  readonly lastCycle: (Cycle & { readonly endedAt: number }) | null;
  /** What `config` hashed to when it was first seen, for those whose record has no hash, by the place of that record. */
  readonly configs: readonly SeenConfig[];
}

export interface SeenConfig {
  readonly since: Seq;
  readonly sha256: string;
}

export const noScrubState: ScrubState = { cycle: null, lastRunAt: null, lastCycle: null, configs: [] };

const fileName = 'scrub.json';
const longestBytes = 64 * 1024;

/**
 * The state in the journal's `folder`, and what is to be said of it. One that is broken, or that speaks of a time to
 * come, begins a new cycle: whatever it was, everything is looked at again.
 */
export const readScrubState = async (
  disk: Disk,
  folder: string,
  now: number,
): Promise<{ readonly state: ScrubState; readonly note: string | null }> => {
  const path = join(folder, fileName);
  const size = await disk.size(path);
  if (size === null) return { state: noScrubState, note: null };
  const state = size > longestBytes ? null : parseState(await readText(disk, path, size));
  if (state === null)
    return { state: noScrubState, note: 'What the scrub remembered could not be read: it begins anew.' };
  const times = [state.cycle?.startedAt, state.lastRunAt, state.lastCycle?.endedAt];
  if (times.every((time) => (time ?? 0) <= now)) return { state, note: null };
  return {
    state: { ...noScrubState, configs: state.configs },
    note: 'What the scrub remembered is from the future, so the clock was changed: it begins anew.',
  };
};

/** Replaces the state durably. `pid` keeps two scrubs at once from writing the same temporary. */
export const writeScrubState = async (disk: Disk, folder: string, pid: number, state: ScrubState): Promise<void> => {
  const temporary = join(folder, `${fileName}.${pid}`);
  await removeIfThere(disk, temporary);
  const file = await disk.createFile(temporary);
  try {
    await file.writev([Buffer.from(`${JSON.stringify({ version, ...state })}\n`)]);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, join(folder, fileName));
  await disk.syncFolder(folder);
};

/** Removes what scrubs left that were killed while they wrote their state. */
export const removeStaleStates = async (
  disk: Disk,
  folder: string,
  isAlive: (pid: number) => boolean,
): Promise<void> => {
  for (const name of await disk.list(folder)) {
    const pid = /^scrub\.json\.(\d{1,10})$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await removeIfThere(disk, join(folder, name));
  }
};

const removeIfThere = async (disk: Disk, path: string): Promise<void> => {
  try {
    await disk.unlink(path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
};

const readText = async (disk: Disk, path: string, size: number): Promise<string> => {
  try {
    const file = await disk.openRead(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isErrno(error, 'EIO')) return '';
    throw error;
  }
};

const version = 1;
const count = z.int().nonnegative();
const cycle = z.object({ startedAt: count, objects: count, bytes: count, bad: count });
const cursor = z.object({ step: z.enum(scrubSteps), file: z.string() });
const seq = z.number().transform((value, context): Seq => {
  const place = parseSeq(value);
  if (place === null) context.addIssue('no place in a journal');
  return place ?? z.NEVER;
});
const scrubState = z.object({
  version: z.literal(version),
  cycle: cycle.extend({ cursor: cursor.nullable() }).nullable(),
  lastRunAt: count.nullable(),
  lastCycle: cycle.extend({ endedAt: count }).nullable(),
  configs: z.array(z.object({ since: seq, sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});

const parseState = (text: string): ScrubState | null => {
  const read = scrubState.safeParse(parseJson(text));
  if (!read.success) return null;
  const { version: _, ...state } = read.data;
  return state;
};
