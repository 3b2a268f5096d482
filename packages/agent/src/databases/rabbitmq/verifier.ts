import { z } from 'zod';
import type { Verifier } from '../engine.ts';
import { dumpUnverified } from '../failed.ts';

/** Definitions are read as one text; hundreds of thousands of queues fit. */
const mostBytes = 256 * 1024 * 1024;

const shape = z.object({
  rabbit_version: z.string(),
  users: z.array(z.object({ name: z.string() })).min(1),
  vhosts: z.array(z.object({ name: z.string() })).min(1),
  permissions: z.array(z.unknown()),
  queues: z.array(z.unknown()),
  exchanges: z.array(z.unknown()),
  bindings: z.array(z.unknown()),
});

/** Whether they are JSON to the end, and of a whole broker. */
export const definitionsVerifier = (): Verifier => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  return {
    see: (chunk) => {
      bytes += chunk.length;
      if (bytes > mostBytes) throw dumpUnverified('The definitions are larger than berth can check (256 MiB).');
      chunks.push(Uint8Array.from(chunk));
    },
    conclude: async () => {
      const parsed = shape.safeParse(parse(Buffer.concat(chunks).toString('utf8')));
      if (!parsed.success) throw dumpUnverified('The dump is no whole definitions of RabbitMQ.', parsed.error);
      return 'stream';
    },
    [Symbol.asyncDispose]: async () => {
      chunks.length = 0;
    },
  };
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
