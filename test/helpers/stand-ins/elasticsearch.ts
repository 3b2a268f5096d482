import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Asked, serveStandIn, unknown } from './server.ts';

interface Stored {
  snapshots: { name: string; uuid: string; state: string }[];
  indices: Record<string, { id: string; snapshots: string[] }>;
}

/** What a test can have go wrong. */
export interface ElasticsearchFault {
  state?: 'PARTIAL' | 'FAILED';
  /** Runs when a repository was made readonly. */
  whenReadonly?: () => void;
}

/**
 * A stand-in for Elasticsearch and OpenSearch, NOT one of them and no proof of them: it keeps to https://www.elastic.co/docs/api/doc/elasticsearch/group/endpoint-snapshot
 * as far as berth uses it, and lays repositories on disk by the names a real one uses. An index is a text.
 */
export const withElasticsearchStandIn = async (authorization: string) => {
  const indices = new Map<string, { text: string; open: boolean }>();
  const repositories = new Map<string, { type: string; settings: Record<string, unknown> }>();
  const fault: ElasticsearchFault = {};
  const missing = { status: 404, body: { error: { type: 'snapshot_missing_exception' } } };

  const folderOf = (repository: string): string => String(repositories.get(repository)?.settings['location']);
  const generation = (folder: string): bigint =>
    existsSync(join(folder, 'index.latest')) ? readFileSync(join(folder, 'index.latest')).readBigUInt64BE() : -1n;
  const read = (folder: string): Stored => {
    const newest = generation(folder);
    return newest < 0n
      ? { snapshots: [], indices: {} }
      : JSON.parse(readFileSync(join(folder, `index-${newest}`), 'utf8'));
  };
  const write = (repository: string, stored: Stored): void => {
    if (repositories.get(repository)?.settings['readonly'] === true) throw new Error('the repository is readonly');
    const folder = folderOf(repository);
    const next = generation(folder) + 1n;
    writeFileSync(join(folder, `index-${next}`), JSON.stringify(stored));
    const latest = Buffer.alloc(8);
    latest.writeBigUInt64BE(next);
    writeFileSync(join(folder, 'index.latest'), latest);
  };
  const make = (repository: string, name: string) => {
    const folder = folderOf(repository);
    const stored = read(folder);
    const uuid = randomUUID().replaceAll('-', '').slice(0, 22);
    for (const [index, { text }] of indices) {
      const one = stored.indices[index] ?? { id: randomUUID().slice(0, 22), snapshots: [] };
      stored.indices[index] = { id: one.id, snapshots: [...one.snapshots, uuid] };
      mkdirSync(join(folder, 'indices', one.id, '0'), { recursive: true });
      writeFileSync(join(folder, 'indices', one.id, `meta-${uuid}.dat`), 'meta');
      writeFileSync(join(folder, 'indices', one.id, '0', `__${uuid}`), text);
    }
    writeFileSync(join(folder, `snap-${uuid}.dat`), 'snap');
    writeFileSync(join(folder, `meta-${uuid}.dat`), 'meta');
    stored.snapshots.push({ name, uuid, state: fault.state ?? 'SUCCESS' });
    write(repository, stored);
    return { body: { accepted: true } };
  };
  const show = (repository: string, pattern: string) => {
    const { snapshots, indices: kept } = read(folderOf(repository));
    const found = snapshots.filter(({ name }) =>
      pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    );
    if (found.length === 0 && !pattern.includes('*')) return missing;
    const of = ({ name, uuid, state }: Stored['snapshots'][number]) => ({
      snapshot: name,
      uuid,
      state,
      indices: Object.keys(kept).filter((index) => kept[index]?.snapshots.includes(uuid)),
      failures: state === 'SUCCESS' ? [] : [{ index: 'shop', reason: 'primary shard is not allocated' }],
      shards: { total: 1, failed: state === 'SUCCESS' ? 0 : 1, successful: state === 'SUCCESS' ? 1 : 0 },
    });
    return { body: { snapshots: found.map(of), total: found.length, remaining: 0 } };
  };
  const restore = (asked: Asked, repository: string, name: string) => {
    const { indices: wanted, rename_pattern, rename_replacement } = JSON.parse(asked.body.toString());
    const folder = folderOf(repository);
    const stored = read(folder);
    const uuid = stored.snapshots.find((one) => one.name === name)?.uuid;
    const names: string[] = wanted.split(',');
    const target = (index: string): string =>
      rename_pattern === undefined ? index : index.replace(new RegExp(rename_pattern), rename_replacement);
    if (names.some((index) => indices.get(target(index))?.open)) {
      return {
        status: 500,
        body: { error: { reason: 'cannot restore index because an open index with same name already exists' } },
      };
    }
    for (const index of names) {
      const text = readFileSync(join(folder, 'indices', stored.indices[index]?.id ?? '', '0', `__${uuid}`), 'utf8');
      indices.set(target(index), { text, open: true });
    }
    return {
      body: {
        snapshot: {
          snapshot: name,
          indices: names,
          shards: { total: names.length, failed: 0, successful: names.length },
        },
      },
    };
  };

  const server = await serveStandIn((asked) => {
    if (asked.headers.authorization !== authorization)
      return { status: 401, body: { error: { type: 'security_exception' } } };
    const [first = '', second = '', third, fourth] = asked.path;
    const { method } = asked;
    if (method === 'GET' && first === '') return { body: { name: 'node', version: { number: '8.15.0' } } };
    if (method === 'GET' && first === '_cat' && second === 'indices') {
      return { body: [...indices].map(([index, { open }]) => ({ index, status: open ? 'open' : 'close' })) };
    }
    if (method === 'POST' && second === '_close') {
      const index = indices.get(first);
      if (index === undefined) return missing;
      index.open = false;
      return { body: { acknowledged: true } };
    }
    if (first !== '_snapshot') return unknown(asked);
    if (method === 'GET' && second === '_status') return { body: { snapshots: [] } };
    if (third === undefined && method === 'PUT') {
      const repository = JSON.parse(asked.body.toString());
      repositories.set(second, repository);
      if (repository.settings.readonly === true && !second.endsWith('-restore')) fault.whenReadonly?.();
      return { body: { acknowledged: true } };
    }
    const repository = repositories.get(second);
    if (repository === undefined) return missing;
    if (third === undefined && method === 'GET') return { body: { [second]: repository } };
    if (third === undefined && method === 'DELETE') return { body: { acknowledged: repositories.delete(second) } };
    if (third === undefined) return unknown(asked);
    if (method === 'PUT' && asked.query.get('wait_for_completion') === 'false') return make(second, third);
    if (method === 'GET') return show(second, third);
    if (method === 'POST' && fourth === '_restore') return restore(asked, second, third);
    if (method !== 'DELETE') return unknown(asked);
    const stored = read(folderOf(second));
    const gone = stored.snapshots.find(({ name }) => name === third);
    if (gone === undefined) return missing;
    for (const kind of ['snap', 'meta']) rmSync(join(folderOf(second), `${kind}-${gone.uuid}.dat`), { force: true });
    write(second, { ...stored, snapshots: stored.snapshots.filter((one) => one !== gone) });
    return { body: { acknowledged: true } };
  });
  return { ...server, indices, repositories, fault };
};
