import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '@berth/common/problem.ts';
import type { AtKillPoint } from '../containers/kill-points.ts';
import { takeLock } from '../run/lock.ts';
import { type ProcessThing, processThing } from './process.ts';
import { type Entry, readEntries, writeEntries } from './state-file.ts';
import type { Noted, Things } from './things.ts';

/** The state file, for whoever writes to it. Several processes may: each change reads it anew, under a lock held for that moment. */
export interface Book extends Things {
  /** All that stands in it, of whatever process. */
  readonly entries: () => Promise<readonly Entry[]>;
  /** Takes these out; unknown ones are out already. */
  readonly strike: (ids: readonly string[]) => Promise<void>;
}

/**
 * The book of a home; `file` is its `unfinished`. Touches no disk by itself. Its methods throw the Problem 'state-unwritable' where the state
 * folder can't be written: what can't be noted must not be begun.
 */
export const openBook = (file: string, now: () => Date, at?: AtKillPoint): Book => {
  let last: Promise<unknown> = Promise.resolve();
  let self: Promise<ProcessThing | null> | null = null;
  const change = <Value>(work: () => Promise<Value>): Promise<Value> => {
    const next = last.then(() => locked(file, work));
    last = next.catch(() => undefined);
    return next;
  };
  const strike = (ids: readonly string[]): Promise<void> =>
    change(async () => {
      const entries = await readEntries(file);
      const left = entries.filter(({ id }) => !ids.includes(id));
      if (left.length < entries.length) await writeEntries(file, left);
    });
  return {
    entries: () => change(() => readEntries(file)),
    strike,
    note: async (thing: Noted) => {
      self ??= processThing(process.pid);
      const entry: Entry = { id: randomUUID(), at: now().toISOString(), by: await self, thing };
      await change(async () => writeEntries(file, [...(await readEntries(file)), entry], at));
      await at?.('state-written');
      return { done: () => strike([entry.id]) };
    },
  };
};

/** Others hold the lock for the milliseconds of a write; a minute without it is a disk that does not answer. */
const locked = async <Value>(file: string, work: () => Promise<Value>): Promise<Value> => {
  for (let tries = 0; ; tries += 1) {
    try {
      await using _lock = await takeLock(`${file}.lock`);
      return await work();
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'busy') || tries > 3000) throw unwritable(file, error);
      await pause(20);
    }
  }
};

const unwritable = (file: string, error: unknown): unknown => {
  if (error instanceof Problem && error.code !== 'busy') return error;
  if (!(error instanceof Problem) && !(error instanceof Error && 'code' in error)) return error;
  return new Problem(
    'state-unwritable',
    `${file} can't be written: ${error.message}`,
    'Look whether the disk is full, and whether this user may write there.',
    { cause: error },
  );
};
