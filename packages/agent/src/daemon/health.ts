import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { parseJson } from '@berth/common/parse-json.ts';
import { z } from 'zod';
import type { Home } from '../config/home.ts';
import { replaceFile } from '../run/replace-file.ts';

const instant = z.iso.datetime().transform((text) => new Date(text));
const healthSchema = z.object({ pid: z.int().min(1), since: instant, asleepUntil: instant.nullable() });

/**
 * What a daemon says about itself, at each change and not more often: a disk that sleeps should not be woken for it. `asleepUntil` is null
 * while it works.
 */
export type Health = Readonly<z.output<typeof healthSchema>>;

const fileOf = (home: Home): string => join(home.state, 'daemon.json');

/** Null where no daemon ran, or one that ended in good order. */
export const readHealth = async (home: Home): Promise<Health | null> => {
  const parsed = healthSchema.safeParse(parseJson(await readFile(fileOf(home), 'utf8').catch(() => '')));
  return parsed.success ? parsed.data : null;
};

/** Rejects with the system's error. */
export const writeHealth = async (home: Home, health: Health): Promise<void> =>
  replaceFile(fileOf(home), `${JSON.stringify(health)}\n`);

/** Rejects with the system's error. */
export const removeHealth = async (home: Home): Promise<void> => rm(fileOf(home), { force: true });

/** How long after its time a daemon may still be asleep: a machine that was suspended needs a moment. */
const graceMs = 5 * 60_000;

/** Null when the daemon is well, else why not. A run may take as long as it takes. */
export const complaint = (health: Health | null, now: Date, lives: (pid: number) => boolean): string | null => {
  if (health === null) return 'No daemon runs in this home.';
  if (!lives(health.pid)) return `The daemon (process ${health.pid}) is gone.`;
  const { asleepUntil } = health;
  if (asleepUntil === null || now.getTime() <= asleepUntil.getTime() + graceMs) return null;
  return `The daemon (process ${health.pid}) should have woken at ${asleepUntil.toISOString()}.`;
};

/** Whether a process lives, whoever it belongs to. */
export const processLives = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
};
