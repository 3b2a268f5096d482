import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cancelled, Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import type { ElasticsearchEntry } from '../elasticsearch.ts';
import type { EngineWorld } from '../engine.ts';
import { dumpFailed } from '../failed.ts';
import type { Http } from '../http.ts';
import { type Repository, repositoryShape, type Snapshot, snapshotPath, snapshotsShape } from './api.ts';
import { copyRepository, restoreFolder } from './copy.ts';
import { generationOf } from './verify.ts';

/** What a killed process leaves changed: a snapshot under way, a repository nobody may write to, one registered for a restore. */
const undo = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('snapshot'), name: z.string() }),
  z.object({ kind: z.literal('repository'), was: repositoryShape }),
  z.object({ kind: z.literal('registered'), repository: z.string() }),
]);
/** See `undo`. */
export type Undo = z.output<typeof undo>;

/** Puts one of them right. */
export const putBack = async (
  entry: ElasticsearchEntry,
  server: Http,
  what: string,
  signal: AbortSignal,
): Promise<void> => {
  const left = undo.parse(JSON.parse(what));
  if (left.kind === 'snapshot') return remove(server, snapshotPath(entry.repository, left.name), signal);
  if (left.kind === 'registered') {
    await remove(server, snapshotPath(left.repository), signal);
    await rm(join(entry.path, restoreFolder), { recursive: true, force: true });
    return;
  }
  await register(server, entry.repository, left.was, signal);
};

/**
 * A new snapshot, the old ones of ours removed, then a copy of the repository while nobody may write to it, as the documentation asks
 * (https://www.elastic.co/docs/deploy-manage/tools/snapshot-and-restore/self-managed, "Back up a repository").
 */
export const dumpRepository = async (
  entry: ElasticsearchEntry,
  server: Http,
  folder: string,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<void> => {
  await takeSnapshot(entry, server, world, signal);
  const { snapshots } = await server.json(snapshotsShape, { path: snapshotPath(entry.repository, 'berth-*') }, signal);
  const old = snapshots.toSorted((one, other) => (one.snapshot < other.snapshot ? 1 : -1)).slice(entry.keep);
  for (const { snapshot } of old) await remove(server, snapshotPath(entry.repository, snapshot), signal);
  const was = await repositoryOf(entry, server, signal);
  const noted = await world.things.note({
    kind: 'undo',
    entry: entry.name,
    what: written({ kind: 'repository', was }),
  });
  await register(server, entry.repository, { ...was, settings: { ...was.settings, readonly: true } }, signal);
  try {
    const underWay = await server.json(
      snapshotsShape.pick({ snapshots: true }),
      { path: '/_snapshot/_status' },
      signal,
    );
    if (underWay.snapshots.length > 0) throw dumpFailed('Another snapshot is being made at the same time.');
    const before = await generationOf(entry.path);
    await copyRepository(entry.path, folder, signal);
    if ((await generationOf(entry.path)) !== before) {
      throw dumpFailed('Somebody wrote to the repository while it was copied.');
    }
  } finally {
    // Also after a cancel, which `signal` would forbid.
    await register(server, entry.repository, was, AbortSignal.timeout(60_000));
    await noted.done();
  }
};

const pollMs = 1_000;

const takeSnapshot = async (
  entry: ElasticsearchEntry,
  server: Http,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<void> => {
  const name = `berth-${world.now().toISOString().replace(/\D/g, '')}`;
  const path = snapshotPath(entry.repository, name);
  const noted = await world.things.note({ kind: 'undo', entry: entry.name, what: written({ kind: 'snapshot', name }) });
  try {
    // Asked again and again rather than waited for in one request: proxies in between end long ones.
    const body = { json: { include_global_state: true, partial: false } };
    await server.send({ method: 'PUT', path: `${path}?wait_for_completion=false`, body }, signal);
    for (;;) {
      const { snapshots } = await server.json(snapshotsShape, { path }, signal);
      const [made] = snapshots;
      if (made?.state === 'SUCCESS') break;
      if (made !== undefined && made.state !== 'IN_PROGRESS' && made.state !== 'STARTED') throw notWhole(made);
      await world.sleep(pollMs, signal);
      if (signal.aborted) throw cancelled();
    }
  } catch (error) {
    await remove(server, path, AbortSignal.timeout(60_000));
    await noted.done();
    throw error;
  }
  await noted.done();
};

const notWhole = ({ state, failures, shards }: Snapshot): Problem =>
  dumpFailed(
    `The snapshot ended as ${state}${shards === undefined ? '' : `, ${shards.failed} of ${shards.total} shards failed`}.`,
    failures.slice(0, 20).map((failure) => JSON.stringify(failure).slice(0, 500)),
  );

/** How the repository is registered. */
export const repositoryOf = async (
  entry: ElasticsearchEntry,
  server: Http,
  signal: AbortSignal,
): Promise<Repository> => {
  const found = await server.json(
    z.record(z.string(), repositoryShape),
    {
      path: snapshotPath(entry.repository),
      explain: (status) =>
        status === 404
          ? new Problem(
              'database-refused',
              `The server has no snapshot repository "${entry.repository}".`,
              `Register one of type fs at ${entry.path}; docs/databases.md has the lines.`,
            )
          : null,
    },
    signal,
  );
  const repository = found[entry.repository];
  if (repository === undefined) throw dumpFailed('The server does not show its repository.');
  if (repository.type === 'fs') return repository;
  throw new Problem(
    'not-supported',
    `The repository is of type ${repository.type}, and berth copies those of type fs.`,
    'Register another one of type fs for berth.',
  );
};

/** Registers a repository, or changes its settings. */
export const register = (server: Http, name: string, repository: Repository, signal: AbortSignal): Promise<void> =>
  server.send({ method: 'PUT', path: snapshotPath(name), body: { json: repository } }, signal);

/** Removes a snapshot or takes a repository out of the register; well where there is none. */
export const remove = async (server: Http, path: string, signal: AbortSignal): Promise<void> => {
  const gone = new Problem('gone', 'It is not there.', '');
  await server
    .send({ method: 'DELETE', path, explain: (status) => (status === 404 ? gone : null) }, signal)
    .catch((error: unknown) => {
      if (error !== gone) throw error;
    });
};

/** As it stands in the book of things. */
export const written = (left: Undo): string => JSON.stringify(left);
