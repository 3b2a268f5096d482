import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EngineWorld } from './engine.ts';
import { feedFolder, fillFolder } from './folder-tool.ts';
import { testWorld } from './testing.ts';

const never = new AbortController().signal;
const place = { kind: 'container', container: { name: 'shop-db-1' } } as const;
const mebibytes = 8;

let folder = '';
const warnings: Error[] = [];
const hear = (warning: Error): void => void warnings.push(warning);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folder-tool-'));
  warnings.length = 0;
  process.on('warning', hear);
});
afterEach(async () => {
  process.off('warning', hear);
  await rm(folder, { recursive: true, force: true });
});

/** A world whose container is this machine. */
const world = (slowly = false): EngineWorld => {
  const real = testWorld({ state: join(folder, 'state') });
  const slow = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      await pause(1);
      yield chunk;
    }
  };
  return {
    ...real,
    run: (at, command, signal) => {
      const stdin = slowly && command.stdin !== undefined ? slow(command.stdin) : command.stdin;
      return real.run(at.kind === 'container' ? { kind: 'host' } : at, { ...command, stdin }, signal);
    },
  };
};

test('a folder goes into a container and comes out of it whole, without more and more listeners on the way', async () => {
  const from = join(folder, 'from');
  const to = join(folder, 'to');
  for (const path of [from, to]) await mkdir(path);
  await writeFile(join(from, 'data'), Buffer.alloc(mebibytes * 1024 * 1024, 1));
  const check = ['sh', '-c', `test "$(wc -c < "$0/data")" -eq ${mebibytes * 1024 * 1024}`] as const;
  expect(await feedFolder({ place, argv: check, folder: from }, world(true), never)).toMatchObject({ code: 0 });
  const copy = ['sh', '-c', `cp ${from}/data "$0"`] as const;
  expect(await fillFolder({ place, argv: copy, folder: to }, world(true), never)).toMatchObject({ code: 0 });
  expect((await stat(join(to, 'data'))).size).toBe(mebibytes * 1024 * 1024);
  expect(warnings.map(({ message }) => message)).toEqual([]);
});

test('nothing writes into the folder any more when the container has failed', async () => {
  const to = join(folder, 'to');
  await mkdir(to);
  const real = world();
  let isTarOver = false;
  const failing: EngineWorld = {
    ...real,
    run: async (at, command, signal) => {
      if (at.kind === 'container') throw new Error('the engine went away');
      await pause(30);
      const end = await real.run(at, command, signal);
      isTarOver = true;
      return end;
    },
  };
  await expect(fillFolder({ place, argv: ['true'], folder: to }, failing, never)).rejects.toThrow('went away');
  expect(isTarOver).toBe(true);
  expect(await readdir(to)).toEqual([]);
});
