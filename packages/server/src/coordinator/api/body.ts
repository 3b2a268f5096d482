import type { IncomingMessage } from 'node:http';
import { printable } from '@berth/common/parsed.ts';
import type { z } from 'zod';
import { Refused } from './refusal.ts';

/**
 * A request's body by its schema. Throws `Refused`: 413 for one that is longer than `most` bytes, 400 for one that is no
 * JSON or not what is expected, with the first place where it is not. Rejects with the connection's error when it breaks off.
 */
export const readBody = async <Schema extends z.ZodType>(
  request: IncomingMessage,
  most: number,
  schema: Schema,
): Promise<z.output<Schema>> => {
  if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge(most);
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new Refused(415, 'encoding', 'The body is compressed.', 'Send it as it is.');
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(request)) {
    bytes += chunk.length;
    if (bytes > most) throw tooLarge(most);
    chunks.push(chunk);
  }
  return checked(Buffer.concat(chunks), schema);
};

/** Not the request's own iterator, which ends the connection together with the loop: it still has to carry the refusal. */
const chunksOf = (request: IncomingMessage): AsyncIterable<Buffer> => request.iterator({ destroyOnReturn: false });

const tooLarge = (most: number): Refused =>
  new Refused(
    413,
    'too-large',
    `The body is longer than ${most} bytes, the most that is taken here.`,
    'Send less; a report with bounded steps and lines stays below.',
  );

const checked = <Schema extends z.ZodType>(bytes: Buffer, schema: Schema): z.output<Schema> => {
  const fit = 'Use the berth that fits this server: berth --version, berth-server --version.';
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Refused(400, 'no-json', 'The body is no JSON.', fit);
  }
  const read = schema.safeParse(json);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const place = printable((issue?.path ?? []).join('.'), 120) || 'the body';
  throw new Refused(400, 'wrong-shape', `${place}: ${printable(issue?.message ?? '', 200)}.`, fit);
};
