import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@berth/common/parse-json.ts';
import { z } from 'zod';
import type { Home } from '../config/home.ts';
import { waitingNames } from './outbox.ts';
import { realDisk } from './outbox-disk.ts';

const refusedSchema = z.object({ at: z.iso.datetime(), code: z.string(), message: z.string() });
const reportSchema = z.object({ endedAt: z.iso.datetime() });

/** What of an outbox concerns people. */
export interface OutboxState {
  readonly waiting: number;
  /** When the run ended whose report has waited longest; null when none does, or it can not be read. */
  readonly oldestAt: string | null;
  /** How many the server did not take, or nobody could bring it; of very many the newest 200 are kept and counted. */
  readonly refused: number;
  /** The newest of these. */
  readonly lastRefusal: z.output<typeof refusedSchema> | null;
}

/** Reads it; changes nothing. Rejects with the system's error. */
export const readOutbox = async (home: Pick<Home, 'outbox' | 'refused'>): Promise<OutboxState> => {
  const waiting = await waitingNames(home);
  const refused = (await realDisk.list(home.refused)).filter((name) => name.endsWith('.json')).toSorted();
  const oldest = reportSchema.safeParse(await json(home.outbox, waiting[0]));
  const last = refusedSchema.safeParse(await json(home.refused, refused.at(-1)));
  return {
    waiting: waiting.length,
    oldestAt: oldest.success ? oldest.data.endedAt : null,
    refused: refused.length,
    lastRefusal: last.success ? last.data : null,
  };
};

const json = async (folder: string, name: string | undefined): Promise<unknown> =>
  name === undefined ? null : parseJson(await readFile(join(folder, name), 'utf8').catch(() => ''));
