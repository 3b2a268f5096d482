import { readdir } from 'node:fs/promises';
import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import { openElasticsearch, rootShape } from './elasticsearch/api.ts';
import { dumpRepository, putBack, repositoryOf } from './elasticsearch/dump.ts';
import { restoreRepository } from './elasticsearch/restore.ts';
import { repositoryVerifier } from './elasticsearch/verify.ts';
import type { Database } from './engine.ts';
import { commonFields, nameField, pathField } from './entry.ts';
import { checkHttp, httpFields } from './http.ts';
import { fileNameOf } from './name.ts';

const fields = {
  ...httpFields(9200),
  user: nameField('user: backup').nullable().default(null),
  password_file: pathField('password_file: /etc/berth/elastic.pass').nullable().default(null),
  /** Elasticsearch's API keys, base64 as it gave it. */
  api_key_file: pathField('api_key_file: /etc/berth/elastic.key').nullable().default(null),
  /** The snapshot repository of type `fs`, registered with the server, that nobody but berth writes to. */
  repository: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,100}$/)
    .default('berth')
    .meta({ example: 'repository: berth' }),
  /** The repository's folder as this machine sees it. */
  path: pathField('path: /srv/elasticsearch/snapshots'),
  /** How many of our snapshots stay in the repository; what they share lies there once. */
  keep: z.int().min(1).max(100).default(3).meta({ example: 'keep: 3' }),
};

/** `engine: elasticsearch` in agent.yaml. */
export const elasticsearchSchema = z
  .strictObject({ ...commonFields('elasticsearch'), ...fields })
  .superRefine(checkHttp);

/** `engine: opensearch` in agent.yaml. */
export const opensearchSchema = z.strictObject({ ...commonFields('opensearch'), ...fields }).superRefine(checkHttp);

/** An entry of either. */
export type ElasticsearchEntry = z.output<typeof elasticsearchSchema> | z.output<typeof opensearchSchema>;

/**
 * Elasticsearch and OpenSearch: a snapshot into a repository of type `fs` on this machine, then a copy of that repository
 * (https://www.elastic.co/docs/deploy-manage/tools/snapshot-and-restore,
 * https://docs.opensearch.org/latest/tuning-your-cluster/availability-and-recovery/snapshots/snapshot-restore/). A copy of the data folder is never valid,
 * says the first. A snapshot that is PARTIAL is none.
 */
export const elasticsearchDatabase = (entry: ElasticsearchEntry): Database => ({
  engine: entry.engine,
  name: entry.name,
  timeoutMs: entry.timeout,
  describe: async (world, signal) => {
    const server = await openElasticsearch(entry, world);
    const { version } = await server.json(rootShape, { path: '/' }, signal);
    await repositoryOf(entry, server, signal);
    await readdir(entry.path).catch((error: unknown) => {
      throw new Problem(
        'database-refused',
        `The repository's folder ${entry.path} cannot be read here.`,
        'Let path: name where this machine sees it, and berth read it.',
        { cause: error },
      );
    });
    const file = fileNameOf({ engine: entry.engine, name: entry.name, database: null, ending: null });
    return {
      version: `${version.distribution === 'opensearch' ? 'OpenSearch' : 'Elasticsearch'} ${version.number}`,
      units: [{ database: null, file, form: 'folder' }],
      warnings: [],
    };
  },
  dump: async (_unit, to, world, signal) => {
    if (to.kind !== 'folder') throw new Error('a repository is a folder');
    await dumpRepository(entry, await openElasticsearch(entry, world), to.path, world, signal);
    return { warnings: [] };
  },
  verify: (_unit, folder) => repositoryVerifier(folder),
  restore: async (_unit, from, into, world, signal) => {
    if (from.kind !== 'folder') throw new Error('a repository is a folder');
    const server = await openElasticsearch(entry, world);
    return { warnings: await restoreRepository(entry, server, from.path, into, world, signal) };
  },
  putBack: async (what, world, signal) => putBack(entry, await openElasticsearch(entry, world), what, signal),
});
