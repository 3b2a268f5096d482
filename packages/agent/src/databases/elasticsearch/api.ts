import { z } from 'zod';
import type { ElasticsearchEntry } from '../elasticsearch.ts';
import type { EngineWorld } from '../engine.ts';
import { basicAuth, type Http, httpOf } from '../http.ts';

/** The server of an entry, with what it asks for. */
export const openElasticsearch = async (entry: ElasticsearchEntry, world: EngineWorld): Promise<Http> => {
  const { user, password_file, api_key_file } = entry;
  const authorization =
    api_key_file !== null
      ? `ApiKey ${await world.secret(api_key_file)}`
      : user !== null && password_file !== null
        ? basicAuth(user, await world.secret(password_file))
        : null;
  return httpOf(entry, 9200, authorization === null ? {} : { authorization }, world);
};

/** `GET /`. OpenSearch names its distribution. */
export const rootShape = z.object({
  version: z.object({ number: z.string().max(100), distribution: z.string().max(100).optional() }),
});

/** A registered repository, as it is shown and as it is put back. */
export const repositoryShape = z.object({ type: z.string(), settings: z.record(z.string(), z.unknown()) });
/** See `repositoryShape`. */
export type Repository = z.output<typeof repositoryShape>;

/** `GET /_snapshot/{repository}/{snapshots}`. */
export const snapshotsShape = z.object({
  snapshots: z.array(
    z.object({
      snapshot: z.string(),
      state: z.string(),
      indices: z.array(z.string()).default([]),
      start_time_in_millis: z.number().default(0),
      failures: z.array(z.unknown()).default([]),
      shards: z.object({ total: z.number(), failed: z.number() }).optional(),
    }),
  ),
});
/** One of them. */
export type Snapshot = z.output<typeof snapshotsShape>['snapshots'][number];

/** The path of a repository, or of something in it. */
export const snapshotPath = (repository: string, name?: string): string =>
  `/_snapshot/${encodeURIComponent(repository)}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
