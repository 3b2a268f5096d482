import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';

/** The clone this demo runs from. */
export const clone = resolve(import.meta.dirname, '../..');

/** Where the demo plays: one temporary directory that everything is in, the programs' own temporary files too. */
export interface Stage extends AsyncDisposable {
  readonly directory: string;
  readonly temporary: string;
  /** Root can read everything, give files to their owners, and have a receiver with a UID per source. */
  readonly isRoot: boolean;
  /** The account that agents log in as where all sources share one. */
  readonly user: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Makes the directory and goes there, as a person would; disposing removes it, however the story went. */
export const setStage = async (signal: AbortSignal): Promise<Stage> => {
  const directory = await mkdtemp(join(tmpdir(), 'berth-demo-'));
  const temporary = join(directory, 'tmp');
  await mkdir(temporary);
  process.chdir(directory);
  return {
    directory,
    temporary,
    isRoot: process.getuid?.() === 0,
    user: userInfo().username,
    signal,
    [Symbol.asyncDispose]: () => {
      process.chdir('/');
      return rm(directory, { recursive: true, force: true });
    },
  };
};
