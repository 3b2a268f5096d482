import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './receiver.ts';

/**
 * Makes everything that is written in the journal of `source` `days` older, as if the test had waited. Every record keeps
 * its length and so its place; the file keeps its owner. Waits until no session of that source lives.
 */
export const ageJournal = async (dataDir: string, source: string, days: number): Promise<void> => {
  const directory = join(dataDir, 'sources', source);
  const folder = join(directory, 'journal');
  await eventually(
    'its sessions have ended',
    20_000,
    async () => (await readdir(join(directory, 'incoming'))).length === 0,
  );
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.jsonl')) continue;
    const path = join(folder, name);
    const older = (instant: string): string => new Date(Date.parse(instant) - days * 86_400_000).toISOString();
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, older));
  }
};
