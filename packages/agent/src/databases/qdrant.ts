import { createHash } from 'node:crypto';
import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import type { Database, EngineWorld, Unit } from './engine.ts';
import { choiceFields, commonFields, isChosen, pathField } from './entry.ts';
import { dumpFailed, dumpUnverified, restoreFailed, restoreRefused } from './failed.ts';
import { checkHttp, type Http, httpFields, httpOf } from './http.ts';
import { fileNameOf } from './name.ts';
import { aliasesVerifier, snapshotVerifier } from './qdrant/verify.ts';

/** `engine: qdrant` in agent.yaml. */
export const qdrantSchema = z
  .strictObject({
    ...commonFields('qdrant'),
    ...httpFields(6333),
    api_key_file: pathField('api_key_file: /etc/berth/qdrant.key').nullable().default(null),
    ...choiceFields,
  })
  .superRefine(checkHttp);

/** An entry of this engine. */
export type QdrantEntry = z.output<typeof qdrantSchema>;

/**
 * Qdrant: a snapshot of each collection (https://qdrant.tech/documentation/concepts/snapshots/), made on the server, read from there as a tar with its
 * length and SHA-256 told beforehand, then deleted there. Aliases are in no snapshot and make a small dump of their own. A cluster of several nodes
 * has its snapshots per node, which one entry cannot hold together: refused.
 */
export const qdrantDatabase = (entry: QdrantEntry): Database => ({
  engine: entry.engine,
  name: entry.name,
  timeoutMs: entry.timeout,
  describe: async (world, signal) => {
    const qdrant = await open(entry, world);
    const { version } = await qdrant.json(z.object({ version: z.string().max(100) }), { path: '/' }, signal);
    const { result: cluster } = await qdrant.json(clusterShape, { path: '/cluster' }, signal);
    if (Object.keys(cluster.peers ?? {}).length > 1) {
      throw new Problem(
        'not-supported',
        'This Qdrant is a cluster of several nodes, whose snapshots belong to one node each.',
        'Back up the storage folder of each node while it is stopped.',
      );
    }
    const { result } = await qdrant.json(collectionsShape, { path: '/collections' }, signal);
    const names = result.collections.map(({ name }) => name).filter((name) => isChosen(entry, name));
    const unit = (database: string | null, ending: string): Unit => ({
      database,
      file: fileNameOf({ engine: entry.engine, name: entry.name, database, ending }),
      form: 'stream',
    });
    return {
      version: `Qdrant ${version}`,
      units: [...names.sort().map((name) => unit(name, 'snapshot')), unit(null, 'json')],
      warnings: [],
    };
  },
  dump: async (unit, to, world, signal) => {
    if (to.kind !== 'stream') throw new Error('Qdrant is streamed');
    const qdrant = await open(entry, world);
    if (unit.database === null) {
      const { result } = await qdrant.json(aliasesShape, { path: '/aliases' }, signal);
      await to.sink.write(new TextEncoder().encode(`${JSON.stringify({ aliases: result.aliases })}\n`));
      return { warnings: [] };
    }
    const folder = snapshotsOf(unit.database);
    const { result: made } = await qdrant.json(madeShape, { method: 'POST', path: `${folder}?wait=true` }, signal);
    // Its name is the server's to choose: whoever is killed while the server still makes it leaves it there.
    const noted = await world.things.note({
      kind: 'undo',
      entry: entry.name,
      what: JSON.stringify({ collection: unit.database, snapshot: made.name }),
    });
    try {
      const { chunks } = await qdrant.stream({ path: `${folder}/${encodeURIComponent(made.name)}` }, signal);
      const hash = createHash('sha256');
      let bytes = 0;
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        await to.sink.write(chunk);
      }
      if (bytes !== made.size) throw dumpUnverified(`Qdrant promised ${made.size} bytes, and ${bytes} came.`);
      if (made.checksum != null && hash.digest('hex') !== made.checksum.toLowerCase()) {
        throw dumpUnverified('What Qdrant sent has another SHA-256 than its snapshot.');
      }
      return { warnings: made.checksum == null ? ['This Qdrant tells no checksum of its snapshots.'] : [] };
    } finally {
      // Also after a cancel, which `signal` would forbid: the snapshot takes as much room there as the collection.
      if (await remove(qdrant, unit.database, made.name, AbortSignal.timeout(60_000))) await noted.done();
    }
  },
  verify: (unit) => (unit.database === null ? aliasesVerifier() : snapshotVerifier()),
  restore: async (unit, from, into, world, signal) => {
    if (from.kind !== 'stream') throw new Error('Qdrant is streamed');
    const qdrant = await open(entry, world);
    if (unit.database === null) return restoreAliases(qdrant, from.chunks, into.kind, signal);
    const collection = into.kind === 'new' ? into.name : unit.database;
    if (into.kind === 'new') {
      const { result } = await qdrant.json(collectionsShape, { path: '/collections' }, signal);
      if (result.collections.some(({ name }) => name === collection)) {
        throw restoreRefused('There is a collection of this name.', 'Name another one with --into.');
      }
    }
    const boundary = `berth-${createHash('sha256').update(unit.file).digest('hex').slice(0, 32)}`;
    const { result } = await qdrant.json(
      z.object({ result: z.boolean() }),
      {
        method: 'POST',
        path: `${snapshotsOf(collection)}/upload?wait=true&priority=snapshot`,
        body: { chunks: multipart(boundary, from.chunks), type: `multipart/form-data; boundary=${boundary}` },
        explain: (status, text) =>
          status === 401 || status === 403
            ? null
            : restoreFailed('Qdrant did not take the snapshot.', [`${status} ${text}`]),
      },
      signal,
    );
    if (!result) throw restoreFailed('Qdrant did not take the snapshot.');
    return { warnings: [] };
  },
  putBack: async (what, world, signal) => {
    const left = z.object({ collection: z.string(), snapshot: z.string() }).parse(JSON.parse(what));
    if (await remove(await open(entry, world), left.collection, left.snapshot, signal)) return;
    throw dumpFailed('A snapshot that berth made is still on the Qdrant server.');
  },
});

const open = async (entry: QdrantEntry, world: EngineWorld): Promise<Http> =>
  httpOf(entry, 6333, entry.api_key_file === null ? {} : { 'api-key': await world.secret(entry.api_key_file) }, world);

const snapshotsOf = (collection: string): string => `/collections/${encodeURIComponent(collection)}/snapshots`;

const collectionsShape = z.object({
  result: z.object({ collections: z.array(z.object({ name: z.string().min(1) })) }),
});
const clusterShape = z.object({ result: z.object({ peers: z.record(z.string(), z.unknown()).nullish() }) });
const aliasesShape = z.object({
  result: z.object({ aliases: z.array(z.object({ alias_name: z.string(), collection_name: z.string() })) }),
});
const madeShape = z.object({
  result: z.object({ name: z.string().min(1), size: z.int().min(1), checksum: z.string().nullish() }),
});

/** Whether it is gone. */
const remove = async (qdrant: Http, collection: string, snapshot: string, signal: AbortSignal): Promise<boolean> => {
  const path = `${snapshotsOf(collection)}/${encodeURIComponent(snapshot)}`;
  const gone = new Problem('gone', 'It is not there.', '');
  return qdrant
    .send({ method: 'DELETE', path: `${path}?wait=true`, explain: (status) => (status === 404 ? gone : null) }, signal)
    .then(
      () => true,
      (error: unknown) => error === gone,
    );
};

const restoreAliases = async (
  qdrant: Http,
  chunks: AsyncIterable<Uint8Array>,
  into: 'live' | 'new',
  signal: AbortSignal,
): Promise<{ readonly warnings: readonly string[] }> => {
  if (into === 'new') throw restoreRefused('Aliases belong to no collection.', 'Restore them with --live.');
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  const { aliases } = aliasesShape.shape.result.parse(JSON.parse(Buffer.concat(parts).toString('utf8')));
  if (aliases.length === 0) return { warnings: [] };
  const actions = aliases.map((alias) => ({ create_alias: alias }));
  await qdrant.send({ method: 'POST', path: '/collections/aliases', body: { json: { actions } } }, signal);
  return { warnings: [] };
};

const multipart = async function* (boundary: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const text = new TextEncoder();
  yield text.encode(
    `--${boundary}\r\nContent-Disposition: form-data; name="snapshot"; filename="berth.snapshot"\r\nContent-Type: application/octet-stream\r\n\r\n`,
  );
  yield* chunks;
  yield text.encode(`\r\n--${boundary}--\r\n`);
};
