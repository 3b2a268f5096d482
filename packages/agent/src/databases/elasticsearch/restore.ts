import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ElasticsearchEntry } from '../elasticsearch.ts';
import type { EngineWorld, Into } from '../engine.ts';
import { restoreFailed, restoreRefused } from '../failed.ts';
import type { Http } from '../http.ts';
import { giveTo } from '../put-in-place.ts';
import { snapshotPath, snapshotsShape } from './api.ts';
import { copyRepository, restoreFolder } from './copy.ts';
import { register, remove, repositoryOf, written } from './dump.ts';

const restoredShape = z.object({
  snapshot: z.object({ shards: z.object({ total: z.number(), failed: z.number(), successful: z.number() }) }),
});

/**
 * Lays the copied repository below the registered one, registers it for reading only, and restores our newest snapshot of it
 * (https://www.elastic.co/docs/deploy-manage/tools/snapshot-and-restore/restore-snapshot). Live: indices of the same names are closed first, for the
 * server restores into no open one. New: `NAME-` stands in front of every index.
 */
export const restoreRepository = async (
  entry: ElasticsearchEntry,
  server: Http,
  folder: string,
  into: Into,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const { settings } = await repositoryOf(entry, server, signal);
  const location = settings['location'];
  if (typeof location !== 'string') throw restoreFailed('The server does not tell where its repository is.');
  const here = join(entry.path, restoreFolder);
  const name = `${entry.repository}-restore`;
  const noted = await world.things.note({
    kind: 'undo',
    entry: entry.name,
    what: written({ kind: 'registered', repository: name }),
  });
  try {
    await rm(here, { recursive: true, force: true });
    await mkdir(here, { mode: 0o700 });
    await copyRepository(folder, here, signal);
    await giveTo(here, entry.path);
    const readonly = { location: `${location.replace(/\/$/, '')}/${restoreFolder}`, readonly: true };
    await register(server, name, { type: 'fs', settings: readonly }, signal);
    return await restoreNewest(server, name, into, signal);
  } finally {
    await remove(server, snapshotPath(name), AbortSignal.timeout(60_000));
    await rm(here, { recursive: true, force: true });
    await noted.done();
  }
};

const restoreNewest = async (
  server: Http,
  repository: string,
  into: Into,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const { snapshots } = await server.json(snapshotsShape, { path: snapshotPath(repository, 'berth-*') }, signal);
  const newest = snapshots
    .filter(({ state }) => state === 'SUCCESS')
    .toSorted((one, other) => (one.snapshot < other.snapshot ? 1 : -1))[0];
  if (newest === undefined) throw restoreFailed('The repository has no whole snapshot of berth’s.');
  // The server's own indices (security, Kibana) are its to make; a person restores them by hand where wanted.
  const indices = newest.indices.filter((index) => !index.startsWith('.'));
  if (indices.length === 0) throw restoreFailed('The snapshot has no indices but the server’s own.');
  const open = await openIndices(server, signal);
  const there = indices.filter((index) => open.has(into.kind === 'new' ? `${into.name}-${index}` : index));
  if (into.kind === 'new' && there.length > 0) {
    throw restoreRefused('There are indices of these names.', 'Name another one with --into.');
  }
  for (const index of there) {
    await server.send({ method: 'POST', path: `/${encodeURIComponent(index)}/_close` }, signal);
  }
  const rename =
    into.kind === 'new' ? { rename_pattern: '(.+)', rename_replacement: `${into.name.replace(/\$/g, '\\$')}-$1` } : {};
  const { snapshot } = await server.json(
    restoredShape,
    {
      method: 'POST',
      path: `${snapshotPath(repository, newest.snapshot)}/_restore?wait_for_completion=true`,
      body: {
        json: {
          indices: indices.join(','),
          include_global_state: false,
          include_aliases: into.kind === 'live',
          ...rename,
        },
      },
      explain: (status, text) =>
        status === 401 || status === 403 ? null : restoreFailed('The server did not restore.', [`${status} ${text}`]),
    },
    signal,
  );
  if (snapshot.shards.failed > 0 || snapshot.shards.successful !== snapshot.shards.total) {
    throw restoreFailed(`${snapshot.shards.failed} of ${snapshot.shards.total} shards were not restored.`);
  }
  const own = newest.indices.length - indices.length;
  return own === 0 ? [] : [`${own} indices of the server’s own were not restored; they are in the dump.`];
};

const openIndices = async (server: Http, signal: AbortSignal): Promise<ReadonlySet<string>> => {
  const listed = await server.json(
    z.array(z.object({ index: z.string(), status: z.string() })),
    { path: '/_cat/indices?format=json&h=index,status&expand_wildcards=open' },
    signal,
  );
  return new Set(listed.filter(({ status }) => status === 'open').map(({ index }) => index));
};
