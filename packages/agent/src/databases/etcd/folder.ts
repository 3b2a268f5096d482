import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cancelled, Problem } from '@berth/common/problem.ts';
import { collectTool } from '../collect.ts';
import type { EngineWorld, Verifier } from '../engine.ts';
import type { EtcdEntry } from '../etcd.ts';
import { dumpUnverified } from '../failed.ts';
import type { ToolEnd } from '../tool.ts';
import { etcdctl, etcdProblem } from './member.ts';
import { snapshotVerifier } from './verifier.ts';

/** What a folder's snapshot is called. */
export const snapshotFile = (folder: string): string => join(folder, 'snapshot.db');

/** A member's snapshot by `etcdctl snapshot save`, for members that want a certificate, which their gateway cannot pass on. */
export const dumpByEtcdctl = async (
  entry: EtcdEntry,
  folder: string,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<void> => {
  const end = await world.run(
    { kind: 'host' },
    await etcdctl(entry, ['snapshot', 'save', snapshotFile(folder)], world),
    signal,
  );
  if (end.code !== 0) throw etcdProblem(entry, end.stderr.join('\n'));
  await rm(`${snapshotFile(folder)}.part`, { force: true });
};

/** Its hash, and what etcd's own tool says of it: of a broken one that is a crash of a hundred lines, of which the first is enough. */
export const folderVerifier = (folder: string, world: EngineWorld, signal: AbortSignal): Verifier => {
  const verifier = snapshotVerifier();
  return {
    see: () => undefined,
    conclude: async () => {
      for await (const chunk of createReadStream(snapshotFile(folder))) {
        if (signal.aborted) throw cancelled();
        await verifier.see(chunk);
      }
      await verifier.conclude();
      const end = await offline(world, ['snapshot', 'status', snapshotFile(folder), '-w', 'json'], signal).catch(
        (error: unknown) => {
          if (error instanceof Problem && error.code === 'tool-missing') return null;
          throw error;
        },
      );
      if (end === null) return 'stream';
      if (end.code === 0) return 'tool';
      throw dumpUnverified('etcd’s own tool found the snapshot broken.', new Error(end.stderr[0]));
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
};

/** What works on files: etcdutl from 3.5 on, etcdctl before. */
export const offline = async (
  world: EngineWorld,
  args: readonly string[],
  signal: AbortSignal,
): Promise<ToolEnd & { readonly stdout: string }> => {
  const run = (tool: string) =>
    collectTool(world, { kind: 'host' }, { argv: [tool, ...args], env: { ETCDCTL_API: '3' } }, signal);
  try {
    return await run('etcdutl');
  } catch (error) {
    if (error instanceof Problem && error.code === 'tool-missing') return await run('etcdctl');
    throw error;
  }
};
