import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Disk, nodeDisk } from '../disk.ts';
import type { ObjectId } from '../object.ts';
import type { Store } from '../open.ts';
import { bodyOf } from '../testing.ts';
import { unpaced } from './pace.ts';
import { type ScrubArguments, scrub } from './scrub.ts';

/** Milliseconds. */
export const day = 86_400_000;
/** The process that `testStore` is said to be. */
export const testPid = 1001;

interface Wishes extends Partial<Omit<ScrubArguments, 'open'>> {
  readonly disk?: Disk;
  readonly now?: () => Date;
  readonly isAlive?: (pid: number) => boolean;
}

/** For tests: a scrub of all of it, unpaced, beside the process that `testStore` is said to be. */
export const scrubOf = (directory: string, { disk, now, isAlive, ...more }: Wishes = {}) =>
  scrub({
    open: {
      directory,
      disk: disk ?? nodeDisk,
      now: now ?? (() => new Date()),
      pid: 77,
      isAlive: isAlive ?? ((pid) => pid === testPid),
    },
    scrubMs: 30 * day,
    all: true,
    pace: unpaced,
    sleep: () => Promise.reject(new Error('nothing to wait for')),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...more,
  });

/** For tests: stores a text under a name that need not be its hash's. */
export const store = async (to: Store, id: ObjectId, text: string) =>
  expect((await to.put(id, bodyOf(Buffer.from(text)), text.length)).kind).toBe('stored');

/** For tests: what a scrub keeps of itself. */
export const stateOf = (directory: string): { readonly cycle: { readonly objects: number } | null } =>
  JSON.parse(readFileSync(join(directory, 'journal/scrub.json'), 'utf8'));
