import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { TestReceiver } from './receiver.ts';
import { type RestClient, randomObject } from './rest-client.ts';
import { filesBelow } from './store-files.ts';

const history = z.object({ stretches: z.array(z.object({ quiet: z.number().nullable() })) });

/** The last moment of the source `laptop` at which nothing was under way, as `--to` takes it. */
export const lastQuiet = async (receiver: TestReceiver): Promise<string> => {
  const { stdout, stderr } = await receiver.cli('history', 'laptop', '--json', '--data', receiver.dataDir);
  if (stdout === '') throw new Error(stderr);
  const quiet = history.parse(JSON.parse(stdout)).stretches.at(-1)?.quiet;
  if (quiet === null || quiet === undefined) throw new Error('no quiet moment stands behind the last that happened');
  return String(quiet);
};

/** The place after all that has happened to the source `laptop`. */
export const placeNow = async (receiver: TestReceiver): Promise<string> => {
  const journal = join(receiver.dataDir, 'sources/laptop/journal');
  const month = (await filesBelow(journal)).filter((file) => file.endsWith('.jsonl')).at(-1) ?? '';
  const { size } = await stat(join(journal, month));
  return String(Number(month.slice(0, 7).replace('-', '')) * 10_000_000_000 + size);
};

/** As many at once as a connection takes. */
export const sideBySide = async <Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> => {
  const left = items.values();
  const lane = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: 32 }, lane));
};

/** Stores so many small random objects, and answers with them. */
export const store = async (client: RestClient, count: number, type = 'data') => {
  const objects = Array.from({ length: count }, () => randomObject(200, type));
  await sideBySide(objects, ({ path, bytes }) => client.request('POST', path, bytes));
  return objects;
};
