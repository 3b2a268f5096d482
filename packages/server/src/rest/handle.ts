import type { ObjectId } from '../store/object.ts';
import type { Reading, Store } from '../store/open.ts';
import type { OpenObject } from '../store/read.ts';
import { listing } from './listing.ts';
import { type Request, type Response, say } from './message.ts';
import { parseRange, type Range } from './range.ts';
import { methodsOf, route } from './route.ts';

/**
 * Answers one request of the restic REST API from `store` (restic: doc/REST_backend.rst; the table of answers is
 * docs/rest-api.md). What is no whole store, a view of the past, is read-only. Throws only what the disk throws.
 */
export const handle = async (store: Reading, request: Request): Promise<Response> => {
  const target = route(request.path);
  if (target === null) return say(404, 'there is no such thing in a repository');
  const methods = methodsOf(target);
  if (!methods.includes(request.method)) {
    return say(405, `use ${methods.join(', ')} here`, { allow: methods.join(', ') });
  }
  if (!isStore(store) && (request.method === 'POST' || request.method === 'DELETE')) return readOnly;
  switch (target.kind) {
    case 'repository':
      // Its folders are made before the first request, so there is nothing left to create.
      if (request.method === 'POST') return { status: 200, headers: {}, body: '' };
      return say(403, 'a repository is not deleted by its client; ask the admin of the server');
    case 'listing':
      return listing(store.list(target.type), request.accept);
    case 'object':
      return handleObject(store, target.id, request);
  }
};

const isStore = (reading: Reading): reading is Store => 'put' in reading;

const readOnly = say(403, 'the past is read-only (give restic --no-lock)');

const handleObject = async (store: Reading, id: ObjectId, request: Request): Promise<Response> => {
  if (request.method === 'HEAD') return head(await store.size(id));
  if (isStore(store) && request.method === 'POST') return post(store, id, request);
  if (isStore(store) && request.method === 'DELETE') {
    // Deleting what is gone succeeds: restic repeats a delete whose answer was lost.
    await store.trash(id);
    return { status: 200, headers: {}, body: '' };
  }
  const object = await store.open(id);
  return object === null ? notFound : get(object, parseRange(request.range, object.size));
};

const notFound = say(404, 'no such object');

const head = (size: number | null): Response =>
  size === null
    ? { status: 404, headers: {}, body: '' }
    : { status: 200, headers: { 'content-length': String(size), 'accept-ranges': 'bytes' }, body: '' };

const get = async (object: OpenObject, range: Range): Promise<Response> => {
  if (range.kind === 'unsatisfiable') {
    await object[Symbol.asyncDispose]();
    return say(416, `the object has ${object.size} bytes`, { 'content-range': `bytes */${object.size}` });
  }
  const { start, end } = range.kind === 'part' ? range : { start: 0, end: object.size - 1 };
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': String(end - start + 1),
    'accept-ranges': 'bytes',
  };
  if (range.kind === 'all') return { status: 200, headers, body: closingAfter(object, start, end) };
  const contentRange = `bytes ${start}-${end}/${object.size}`;
  return {
    status: 206,
    headers: { ...headers, 'content-range': contentRange },
    body: closingAfter(object, start, end),
  };
};

const closingAfter = async function* (object: OpenObject, start: number, end: number): AsyncGenerator<Uint8Array> {
  await using open = object;
  if (end >= start) yield* open.stream(start, end);
};

const post = async (store: Store, id: ObjectId, request: Request): Promise<Response> => {
  const announced = parseLength(request.contentLength);
  if (announced === 'malformed') return say(400, 'Content-Length is not a number of bytes');
  if (announced === null && id.type === 'config') {
    return say(411, 'announce the size of config: it has no hash in its name that would show a cut');
  }
  const result = await store.put(id, request.body, announced);
  switch (result.kind) {
    case 'stored':
    case 'already':
      return { status: 200, headers: {}, body: '' };
    case 'conflict':
      return say(
        403,
        `${id.type === 'config' ? 'config' : `${id.type}/${id.name}`} exists with other content and is never overwritten`,
      );
    case 'wrong-hash':
      return say(400, `the body's SHA-256 is ${result.sha256}, not its name`);
    case 'cut':
      return say(400, `the body has ${result.bytes} bytes, other than announced`);
    case 'full':
      return say(507, fullWords[result.what]);
    case 'too-many-locks':
      return say(429, 'this source has too many locks; they go when its last session ends');
  }
};

const fullWords = {
  quota: 'the quota of this source is used up',
  floor: "the server's disk is full but for what is kept free",
  disk: "the server's disk is full",
} as const;

const parseLength = (header: string | undefined): number | null | 'malformed' => {
  if (header === undefined) return null;
  if (!/^\d{1,15}$/.test(header)) return 'malformed';
  return Number(header);
};
