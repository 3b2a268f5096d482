import type { Response } from '../../packages/server/src/rest/message.ts';
import { type Generated, knownObjects } from './rest-requests.ts';

/** What the REST API has a meaning for (docs/rest-api.md), said once more in other words than the server's. */
const meaningful = /^\/(?:config|\?create=true|(?:data|index|keys|locks|snapshots)\/(?:[0-9a-f]{64})?)?$/;
const statuses = new Set([200, 206, 400, 403, 404, 405, 411, 416]);
/** Of config nobody can say beforehand which bytes came first. */
const known = new Map(knownObjects.filter(({ path }) => path !== '/config').map(({ path, bytes }) => [path, bytes]));
/** Bytes that no disk has room for, so that 507 is the right answer to who announces them. */
const beyondAnyDisk = 1e14;

/** Reads an answer to its end. What is wrong with it, in words, or null. */
export const judge = async (request: Generated, response: Response): Promise<string | null> => {
  const { method, path, range, contentLength } = request;
  const { status, headers } = response;
  const body = await bytesOf(response);
  const isTooMuch = status === 507 && Number(contentLength) > beyondAnyDisk;
  if (!statuses.has(status) && !isTooMuch) return `status ${status}`;
  // The dollar of a pattern stands before a last line feed nowhere in JavaScript, so this is exact.
  if (!meaningful.test(path) && status !== 404) return `status ${status} for a path that means nothing`;
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[\x20-\x7e]*$/.test(name + value)) return `a header with more than text: ${JSON.stringify([name, value])}`;
  }
  const announced = headers['content-length'];
  if (announced !== undefined && method !== 'HEAD' && announced !== String(body.length)) {
    return `${body.length} bytes where ${announced} were announced`;
  }
  const object = known.get(path);
  if (method !== 'GET' || object === undefined || status > 206) return null;
  if (status === 200) return body.equals(object) ? null : 'other bytes than the object’s';
  const [, start, end] = /^bytes (\d+)-(\d+)\/\d+$/.exec(headers['content-range'] ?? '') ?? [];
  const part = object.subarray(Number(start), Number(end) + 1);
  return body.equals(part) ? null : `other bytes than those of ${range}`;
};

const bytesOf = async ({ body }: Response): Promise<Buffer> => {
  if (typeof body === 'string') return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
};
