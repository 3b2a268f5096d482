import { createHash } from 'node:crypto';
import { type Asked, serveStandIn, unknown } from './server.ts';
import { fileOfTar, tarOf } from './tar.ts';

/** What a test can have go wrong. */
export interface QdrantFault {
  cutAfter?: number | null;
  checksum?: string;
  size?: number;
}

/**
 * A stand-in for Qdrant, NOT Qdrant and no proof of it: it keeps to https://api.qdrant.tech/api-reference/snapshots as far as berth uses it. Collections are
 * a map of names to texts.
 */
export const withQdrantStandIn = async (key: string) => {
  const collections = new Map<string, string>();
  const snapshots = new Map<string, Map<string, Buffer>>();
  const aliases: { alias_name: string; collection_name: string }[] = [];
  const fault: QdrantFault = {};
  let made = 0;
  const ok = (result: unknown) => ({ body: { result, status: 'ok', time: 0 } });
  const server = await serveStandIn((asked) => {
    if (asked.headers['api-key'] !== key) return { status: 401, body: 'Must provide an API key' };
    const [first, name = '', third, fourth] = asked.path;
    const { method } = asked;
    if (method === 'GET' && first === '')
      return { body: { title: 'qdrant - vector search engine', version: '1.12.0' } };
    if (method === 'GET' && first === 'cluster') return ok({ status: 'disabled' });
    if (method === 'GET' && first === 'aliases') return ok({ aliases });
    if (method === 'GET' && first === 'collections' && name === '') {
      return ok({ collections: [...collections.keys()].map((one) => ({ name: one })) });
    }
    if (method === 'POST' && first === 'collections' && name === 'aliases') {
      for (const { create_alias } of JSON.parse(asked.body.toString()).actions) aliases.push(create_alias);
      return ok(true);
    }
    if (first !== 'collections' || third !== 'snapshots') return unknown(asked);
    if (method === 'POST' && fourth === 'upload') return upload(asked, name);
    const text = collections.get(name);
    if (text === undefined) return { status: 404, body: { status: { error: 'Not found' } } };
    const mine = snapshots.get(name) ?? new Map<string, Buffer>();
    snapshots.set(name, mine);
    if (method === 'POST' && fourth === undefined) {
      made += 1;
      const tar = tarOf({ 'config.json': '{}', 'points.txt': text });
      const snapshot = `${encodeURIComponent(name)}-${made}.snapshot`;
      mine.set(snapshot, tar);
      const checksum = fault.checksum ?? createHash('sha256').update(tar).digest('hex');
      return ok({ name: snapshot, creation_time: '2026-11-22T00:00:00', size: fault.size ?? tar.length, checksum });
    }
    const file = mine.get(fourth ?? '');
    if (file === undefined) return { status: 404, body: { status: { error: 'Not found' } } };
    if (method === 'GET') {
      return { headers: { 'content-length': `${file.length}` }, body: file, cutAfter: fault.cutAfter ?? null };
    }
    if (method === 'DELETE') return ok(mine.delete(fourth ?? ''));
    return unknown(asked);
  });
  const upload = (asked: Asked, name: string) => {
    if (asked.query.get('priority') !== 'snapshot') return unknown(asked);
    const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(asked.headers['content-type'] ?? '')?.[1];
    if (boundary === undefined) return unknown(asked);
    const start = asked.body.indexOf('\r\n\r\n') + 4;
    const end = asked.body.lastIndexOf(`\r\n--${boundary}--`);
    if (!asked.body.subarray(0, start).includes('name="snapshot"; filename=') || end < start) return unknown(asked);
    collections.set(name, fileOfTar(asked.body.subarray(start, end), 'points.txt'));
    return ok(true);
  };
  const leftovers = (): readonly string[] => [...snapshots.values()].flatMap((mine) => [...mine.keys()]);
  return { ...server, collections, aliases, snapshots, fault, leftovers };
};
