import { copyFile, readFile, rename, rm, stat } from 'node:fs/promises';
import { z } from 'zod';
import type { AtKillPoint } from '../containers/kill-points.ts';
import { replaceFile } from '../run/replace-file.ts';
import { notedSchema } from './noted.ts';
import { isRunning, type ProcessThing } from './process.ts';
import type { Noted } from './things.ts';

/** A note, and the process whose it is: what a living one noted is its own to put right. */
export interface Entry {
  readonly id: string;
  readonly at: string;
  /** Null where processes can't be told apart; it counts as dead then. */
  readonly by: ProcessThing | null;
  readonly thing: Noted;
}

const entrySchema = z.object({
  id: z.string().min(1).max(100),
  at: z.iso.datetime(),
  by: notedSchema.options[2].nullable(),
  thing: notedSchema,
});

/** Entries one by one: a kind that a newer berth wrote does not take the others with it. */
const fileSchema = z.object({ version: z.literal(1), entries: z.array(z.unknown()).max(100_000) });

const mostBytes = 16 * 1024 * 1024;

/** Where an unreadable file is kept. */
export const brokenFile = (file: string): string => `${file}.broken`;

/**
 * What is unfinished. What can't be read is kept as `<file>.broken`: the whole file where it has no form, a copy of it where single entries
 * have none. Rejects only when the disk refuses.
 */
export const readEntries = async (file: string): Promise<readonly Entry[]> => {
  const content = await contentOf(file);
  if (content === null) return [];
  const parsed = content === undefined ? null : fileSchema.safeParse(jsonOf(content));
  if (parsed?.success !== true) {
    await rename(file, brokenFile(file));
    return [];
  }
  const entries = parsed.data.entries.map((entry) => entrySchema.safeParse(entry));
  if (entries.some(({ success }) => !success)) await copyFile(file, brokenFile(file));
  return entries.flatMap(({ data }) => data ?? []);
};

/** Durable when it resolves. No entries, no file. */
export const writeEntries = async (file: string, entries: readonly Entry[], at?: AtKillPoint): Promise<void> => {
  // Once lost to a power cut, the removal only makes recover look at what is right already.
  if (entries.length === 0) await rm(file, { force: true });
  else await replaceFile(file, `${JSON.stringify({ version: 1, entries }, null, 2)}\n`, () => at?.('state-tmp'));
};

/** Whether whoever noted it is no more. */
export const isLeftBehind = async ({ by }: Entry): Promise<boolean> => by === null || !(await isRunning(by));

/** Null: there is none. Undefined: it is no file that berth wrote. */
const contentOf = async (file: string): Promise<string | null | undefined> => {
  try {
    const { size } = await stat(file);
    return size > mostBytes ? undefined : await readFile(file, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (error.code === 'ENOENT') return null;
    if (error.code === 'EISDIR') return undefined;
    throw error;
  }
};

const jsonOf = (content: string): unknown => {
  try {
    return JSON.parse(content);
  } catch {
    return null;
  }
};
