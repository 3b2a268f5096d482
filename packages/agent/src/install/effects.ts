import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from '@berth/common/errno.ts';
import { execa } from 'execa';
import type { PlannedFile } from './plan.ts';

/** Everything that installing does to the machine. */
export interface Effects {
  /** A file's text, in either encoding; null where it is not there. Rejects with the system's error. */
  readonly read: (path: string) => Promise<string | null>;
  /** Whole or not at all, readable by all, its folders made. Rejects with the system's error. */
  readonly write: (file: PlannedFile) => Promise<void>;
  readonly remove: (path: string) => Promise<void>;
  /** Never rejects: a program that is missing has failed. */
  readonly run: (argv: readonly [string, ...string[]]) => Promise<{ readonly ok: boolean; readonly words: string }>;
  readonly sleep: (delayMs: number) => Promise<void>;
}

/** The machine itself. */
export const realEffects: Effects = {
  read: async (path) => {
    try {
      const bytes = await readFile(path);
      return bytes.subarray(0, 2).equals(utf16Mark) ? bytes.subarray(2).toString('utf16le') : bytes.toString('utf8');
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return null;
      throw error;
    }
  },
  write: async ({ path, content, encoding }) => {
    await mkdir(dirname(path), { recursive: true });
    const bytes = encoding === 'utf-8' ? content : Buffer.concat([utf16Mark, Buffer.from(content, 'utf16le')]);
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      await writeFile(temporary, bytes, { mode: 0o644 });
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  },
  remove: (path) => rm(path, { force: true }),
  run: async ([program, ...words]) => {
    const { failed, all, shortMessage } = await execa(program, words, {
      ...{ reject: false, stdin: 'ignore', all: true, timeout: 60_000 },
    });
    return { ok: !failed, words: failed && all === '' ? (shortMessage ?? '') : (all ?? '') };
  },
  sleep: (delayMs) => sleep(delayMs),
};

const utf16Mark = Buffer.from([0xff, 0xfe]);
