import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { StreamCut } from '@berth/common/restic/read-stream.ts';
import { expect, test } from 'vitest';
import type { Database } from './engine.ts';
import { restoreDump, type StoredArguments, verifyDump } from './restore-dump.ts';
import { testWorld, thingsInMemory } from './testing.ts';
import { madeUpDatabase, resticFailed, unitCalled } from './testing-made-up.ts';

const pieces = ['create', ' table', ' orders'];
const silent = { words: [], warnings: [], itemErrors: [], itemErrorCount: 0 };

/** Each reading of the stream as the test says it: its pieces, and what it ends with. */
const stage = (
  readings: readonly { readonly pieces: readonly string[]; readonly cut?: boolean }[],
  does: Partial<Database> = {},
) => {
  const restored: string[] = [];
  let reading = 0;
  const signals: (AbortSignal | undefined)[] = [];
  const args: StoredArguments & { readonly into: { readonly kind: 'live' } } = {
    database: madeUpDatabase([], {
      restore: async (_unit, from) => {
        if (from.kind === 'stream') for await (const chunk of from.chunks) restored.push(Buffer.from(chunk).toString());
        return { warnings: [] };
      },
      ...does,
    }),
    unit: unitCalled('orders'),
    snapshot: 'a1b2c3d4',
    restic: {
      readStream: async function* (_at, call) {
        signals.push(call.signal);
        const now = readings[reading];
        reading += 1;
        for (const piece of now?.pieces ?? []) yield Buffer.from(piece);
        if (now?.cut === true) throw new StreamCut(resticFailed('damaged', 'a pack is gone'));
      },
      restore: async ({ target }) => {
        const path = join(target, 'var/lib/berth/databases', unitCalled('orders', 'folder').file);
        await mkdir(path, { recursive: true });
        await writeFile(join(path, 'part'), 'of it');
        return { ...silent, kind: 'ok', value: { filesRestored: null, bytesRestored: null } };
      },
    },
    world: testWorld({ things: thingsInMemory() }),
    signal: new AbortController().signal,
    into: { kind: 'live' },
  };
  return { args, restored, signals };
};
const whole = { pieces };

test('a stream is read once to be checked, and once to be restored', async () => {
  const seen: string[] = [];
  const { args, restored } = stage([whole, whole], {
    verify: (unit, folder, world, signal, isThorough) => ({
      ...madeUpDatabase([]).verify(unit, folder, world, signal),
      see: (chunk) => {
        expect(isThorough).toBe(true);
        expect(restored).toEqual([]);
        seen.push(Buffer.from(chunk).toString());
      },
    }),
  });
  expect(await restoreDump(args)).toEqual({ verified: 'tool', warnings: [] });
  expect([seen, restored]).toEqual([pieces, pieces]);
});

test('what cannot be read to its end, or is not whole, is never begun to be restored', async () => {
  const cut = stage([{ pieces, cut: true }]);
  await expect(restoreDump(cut.args)).rejects.toMatchObject({
    code: 'damaged',
    message: expect.stringContaining('a pack is gone'),
  });
  expect(cut.restored).toEqual([]);
  const unverified = stage([whole, whole], {
    verify: (unit, folder, world, signal) => ({
      ...madeUpDatabase([]).verify(unit, folder, world, signal),
      conclude: () => Promise.reject(new Problem('dump-unverified', 'No end mark.', 'Older.')),
    }),
  });
  await expect(restoreDump(unverified.args)).rejects.toMatchObject({ code: 'dump-unverified' });
  await expect(verifyDump(unverified.args)).rejects.toMatchObject({ code: 'dump-unverified' });
  expect(unverified.restored).toEqual([]);
});

test('what breaks the second reading is the reason, whatever the engine makes of it, and its end is not taken for the dump’s', async () => {
  const wraps: Partial<Database> = {
    restore: async (_unit, from) => {
      if (from.kind !== 'stream') return { warnings: [] };
      try {
        for await (const _ of from.chunks);
      } catch (error) {
        throw new Problem('restore-failed', 'The tool ended with code 1.', 'Look.', { cause: error });
      }
      throw new Error('taken for whole');
    },
  };
  await expect(restoreDump(stage([whole, { pieces: ['create'], cut: true }], wraps).args)).rejects.toMatchObject({
    code: 'damaged',
  });
  await expect(restoreDump(stage([whole, { pieces: ['create'] }], wraps).args)).rejects.toMatchObject({
    code: 'dump-unverified',
  });
});

test('an engine that breaks off leaves no restic waiting', async () => {
  const { args, signals } = stage([whole, whole], {
    restore: async (_unit, from) => {
      if (from.kind === 'stream') await from.chunks[Symbol.asyncIterator]().next();
      throw new Problem('restore-failed', 'The disk is full.', 'Look.');
    },
  });
  await expect(restoreDump(args)).rejects.toMatchObject({ code: 'restore-failed' });
  expect(signals.map((signal) => signal?.aborted)).toEqual([false, true]);
});

test('a folder is brought back to a private place, checked there, restored from there, and gone', async () => {
  const things = thingsInMemory();
  const checked: (string | null)[] = [];
  const restoredFrom: string[] = [];
  const { args } = stage([], {
    verify: (unit, folder, world, signal) => {
      checked.push(folder);
      return madeUpDatabase([]).verify(unit, folder, world, signal);
    },
    restore: async (_unit, from) => {
      if (from.kind === 'folder') restoredFrom.push(from.path);
      return { warnings: ['an index is built anew'] };
    },
  });
  const folder = { ...args, unit: unitCalled('orders', 'folder'), world: testWorld({ things }) };
  expect(await restoreDump(folder)).toEqual({ verified: 'tool', warnings: ['an index is built anew'] });
  expect(restoredFrom).toEqual(checked);
  expect(restoredFrom[0]).toMatch(/databases\/command-shop-orders$/);
  expect(things.open()).toEqual([]);
  expect(await verifyDump(folder)).toEqual({ verified: 'tool' });
});
