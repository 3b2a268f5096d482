import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@berth/common/parse-json.ts';
import { z } from 'zod';
import type { Home } from '../config/home.ts';
import { replaceFile } from '../run/replace-file.ts';

const instant = z.iso.datetime().transform((text) => new Date(text));
const skippedSchema = z.object({
  reason: z.enum(['on-battery', 'metered']),
  /** Since when it waits for this reason. */
  since: instant,
  /** Since when it waits at all, whatever the reasons were. */
  first: instant,
  /** When it runs anyway. */
  until: instant,
});

/** What the last wake that put a run off wrote down; the file goes away with the next run that is made. */
export type Skipped = Readonly<z.output<typeof skippedSchema>>;

const fileOf = (home: Home): string => join(home.state, 'skipped.json');

/** What is written down, also when it is over by now. Never rejects. */
export const readSkipped = async (home: Home): Promise<Skipped | null> => {
  const parsed = skippedSchema.safeParse(parseJson(await readFile(fileOf(home), 'utf8').catch(() => '')));
  return parsed.success ? parsed.data : null;
};

/**
 * For `berth status`: why no run is made although one is due; null when nothing waits, because it never did, its time is up, or a success
 * (by hand, say) came since. Never rejects.
 */
export const waitingFor = async (
  home: Home,
  { now, lastSuccessAt }: { readonly now: Date; readonly lastSuccessAt: Date | null },
): Promise<Skipped | null> => {
  const skipped = await readSkipped(home);
  if (skipped === null || skipped.until <= now) return null;
  return lastSuccessAt !== null && lastSuccessAt > skipped.since ? null : skipped;
};

/** Rejects with the system's error. */
export const writeSkipped = async (home: Home, skipped: Skipped): Promise<void> =>
  replaceFile(fileOf(home), `${JSON.stringify(skipped)}\n`);

/** Rejects with the system's error. */
export const forgetSkipped = async (home: Home): Promise<void> => rm(fileOf(home), { force: true });
