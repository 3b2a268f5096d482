import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Verifier } from '../engine.ts';
import { dumpUnverified } from '../failed.ts';

const indexShape = z.object({
  snapshots: z.array(z.object({ name: z.string(), uuid: z.string().regex(/^[\w-]+$/) })).min(1),
  indices: z.record(z.string(), z.object({ id: z.string().regex(/^[\w-]+$/) })),
});

/** The number of a repository's newest state: eight bytes, big-endian, in `index.latest`. Null where there is none yet. */
export const generationOf = async (folder: string): Promise<string | null> => {
  const latest = await readFile(join(folder, 'index.latest')).catch(() => null);
  return latest?.length === 8 ? latest.readBigUInt64BE().toString() : null;
};

/**
 * A repository as it lies on disk (https://www.elastic.co/guide/en/elasticsearch/reference/7.17/snapshot-restore.html; its form is told in the docstring of
 * org.elasticsearch.repositories.blobstore): `index.latest` names the `index-N` that names all snapshots and indices, each of which has its files.
 */
export const repositoryVerifier = (folder: string | null): Verifier => ({
  see: () => undefined,
  conclude: async () => {
    if (folder === null) throw new Error('a repository is a folder');
    const generation = await generationOf(folder);
    if (generation === null) throw dumpUnverified('The repository has no index.latest.');
    const { snapshots, indices } = await newest(folder, generation);
    for (const { uuid } of snapshots) {
      await requireFile(folder, `snap-${uuid}.dat`);
      await requireFile(folder, `meta-${uuid}.dat`);
    }
    for (const { id } of Object.values(indices)) {
      const files = await readdir(join(folder, 'indices', id)).catch(() => []);
      if (!files.some((file) => file.startsWith('meta-'))) throw dumpUnverified(`The index ${id} has no files.`);
    }
    return 'stream';
  },
  [Symbol.asyncDispose]: async () => undefined,
});

const newest = async (folder: string, generation: string): Promise<z.output<typeof indexShape>> => {
  try {
    return indexShape.parse(JSON.parse(await readFile(join(folder, `index-${generation}`), 'utf8')));
  } catch (error) {
    throw dumpUnverified(`index-${generation} of the repository is missing or damaged.`, error);
  }
};

const requireFile = async (folder: string, name: string): Promise<void> => {
  const found = await stat(join(folder, name)).catch(() => null);
  if (found === null || found.size === 0) throw dumpUnverified(`${name} is missing from the repository.`);
};
