import type { DumpSink } from '@berth/common/restic/stream.ts';
import { z } from 'zod';
import type { EngineWorld } from '../engine.ts';
import type { EtcdEntry } from '../etcd.ts';
import { dumpFailed } from '../failed.ts';
import { etcdProblem, openEtcd, question } from './member.ts';

const message = z.object({
  result: z.object({ blob: z.base64().default('') }).optional(),
  error: z.object({ message: z.string().max(4000).default('') }).optional(),
});

/** Far above what a member sends in one message (32 KiB before base64). */
const mostLine = 8 * 1024 * 1024;

/**
 * A member's snapshot by `POST /v3/maintenance/snapshot` (https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/): a line of JSON for each piece, the
 * last of which is the hash. Never by `etcdctl snapshot save /dev/stdout`, which writes beside it and renames that over the device.
 */
export const dumpBySnapshot = async (
  entry: EtcdEntry,
  sink: DumpSink,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<void> => {
  const etcd = await openEtcd(entry, world, signal);
  const { chunks } = await etcd.stream(question(entry, '/v3/maintenance/snapshot'), signal);
  for await (const line of linesOf(chunks)) {
    const told = message.safeParse(parse(line));
    if (!told.success) throw dumpFailed('etcd sent no snapshot.', [line.slice(0, 200)]);
    const { result, error } = told.data;
    // An error comes with 200 and in the middle as well.
    if (error !== undefined || result === undefined)
      throw etcdProblem(entry, error?.message ?? 'neither piece nor error');
    if (result.blob !== '') await sink.write(Buffer.from(result.blob, 'base64'));
  }
};

const linesOf = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let rest = Buffer.from(chunk).toString('latin1');
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
      yield [...parts, rest.slice(0, end)].join('');
      parts = [];
      length = 0;
      rest = rest.slice(end + 1);
    }
    parts.push(rest);
    length += rest.length;
    if (length > mostLine) throw dumpFailed('etcd sent a line without end.');
  }
  const last = parts.join('');
  if (last.trim() !== '') yield last;
};

const parse = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};
