import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../../../packages/agent/src/databases/engine.ts';
import type { Repository } from '../engines/repository.ts';

/** A file with one secret in it, 0600. */
export const secretIn = async ({ directory }: Repository, name: string, text: string): Promise<string> => {
  const file = join(directory, name);
  await writeFile(file, `${text}\n`, { mode: 0o600 });
  return file;
};

/** More than fits one packet, and does not pack. */
export const large = (): string => randomBytes(300_000).toString('base64');

/** How each dump of an entry went: `ok null`, `failed dump-failed`. */
export const outcomesOf = async (
  repository: Repository,
  database: Database,
  world = repository.world,
): Promise<readonly string[]> =>
  (await repository.dump(database, { world })).dumps.map(({ outcome, reason }) => `${outcome} ${reason}`);
