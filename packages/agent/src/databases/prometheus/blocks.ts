import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import { collectTool } from '../collect.ts';
import type { EngineWorld, Verifier } from '../engine.ts';
import { dumpUnverified } from '../failed.ts';

/** What a block is called: a ULID. */
export const isBlock = (name: string): boolean => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(name);

const meta = z.object({
  ulid: z.string(),
  version: z.literal(1),
  stats: z.object({ numSamples: z.number().default(0) }),
});

/** https://github.com/prometheus/prometheus/tree/main/tsdb/docs/format */
const magic = { index: 'baaad700', chunks: '85bd40dd' } as const;

/** Looks at each block's parts, and has promtool read their list. */
export const blocksVerifier = (folder: string, world: EngineWorld, signal: AbortSignal): Verifier => ({
  see: () => undefined,
  conclude: async () => {
    const blocks = (await readdir(folder)).filter(isBlock);
    if (blocks.length === 0) {
      throw new Problem('dump-empty', 'Prometheus has no samples.', 'Look whether it scrapes anything.');
    }
    for (const block of blocks) await checkBlock(join(folder, block), block);
    const argv = ['promtool', 'tsdb', 'list', folder] as const;
    const end = await collectTool(world, { kind: 'host' }, { argv }, signal).catch((error: unknown) => {
      if (error instanceof Problem && error.code === 'tool-missing') return null;
      throw error;
    });
    if (end === null) return 'stream';
    if (end.code === 0 && blocks.every((block) => end.stdout.includes(block))) return 'tool';
    throw dumpUnverified('promtool does not find all blocks in the dump.', new Error(end.stderr.join('\n')));
  },
  [Symbol.asyncDispose]: async () => undefined,
});

const checkBlock = async (path: string, name: string): Promise<void> => {
  const parsed = meta.safeParse(parse(await readFile(join(path, 'meta.json'), 'utf8').catch(() => '')));
  if (!parsed.success || parsed.data.ulid !== name) throw broken(name, 'meta.json');
  if ((await begin(join(path, 'index'))) !== magic.index) throw broken(name, 'index');
  const segments = await readdir(join(path, 'chunks')).catch(() => []);
  if (segments.length === 0 && parsed.data.stats.numSamples > 0) throw broken(name, 'chunks');
  for (const segment of segments) {
    if ((await begin(join(path, 'chunks', segment))) !== magic.chunks) throw broken(name, `chunks/${segment}`);
  }
};

const begin = async (path: string): Promise<string> => {
  try {
    await using handle = await open(path, 'r');
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead).toString('hex');
  } catch {
    return '';
  }
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const broken = (block: string, part: string): Problem =>
  dumpUnverified(`The block ${block} of the dump is broken: ${part} is missing, or no such file.`);
