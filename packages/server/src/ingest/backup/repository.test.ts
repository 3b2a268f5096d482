import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FailureKind } from '@berth/common/restic/classify.ts';
import type { Restic } from '@berth/common/restic/restic.ts';
import { expect, test } from 'vitest';
import { readyRepository } from './repository.ts';

const silent = { words: [], warnings: [], itemErrors: [], itemErrorCount: 0 };
const ids = { first: 'a'.repeat(64), other: 'b'.repeat(64) };

/** A place for a repository: `id` is the one that is there. */
const stage = async (options: { readonly id?: string | null; readonly fails?: FailureKind } = {}) => {
  const directory = await mkdtemp(join(tmpdir(), 'berth-repository-'));
  const it = { id: options.id ?? null, made: 0 };
  const restic: Pick<Restic, 'config' | 'init'> = {
    config: async () =>
      options.fails !== undefined || it.id === null
        ? { ...silent, kind: options.fails ?? 'no-repository', exitCode: 1 }
        : { ...silent, kind: 'ok', value: { version: 2, id: it.id } },
    init: async () => {
      it.made += 1;
      it.id = ids.first;
      return { ...silent, kind: 'ok', value: { id: ids.first.slice(0, 10) } };
    },
  };
  const noteFile = join(directory, 'state/repository');
  return {
    it,
    ready: () => readyRepository({ restic, noteFile, name: 'lisa-phone', signal: new AbortController().signal }),
    note: () => readFile(noteFile, 'utf8').catch(() => null),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
};

test('the first run makes the repository, and remembers which it is', async () => {
  await using place = await stage();
  await place.ready();
  expect([place.it.made, await place.note()]).toEqual([1, `${ids.first}\n`]);
  await place.ready();
  expect(place.it.made).toBe(1);
});

test('one that is there already is taken as it is', async () => {
  await using place = await stage({ id: ids.other });
  await place.ready();
  expect([place.it.made, await place.note()]).toEqual([0, `${ids.other}\n`]);
});

test('one that is lost is never made anew', async () => {
  await using place = await stage();
  await place.ready();
  place.it.id = null;
  await expect(place.ready()).rejects.toMatchObject({
    code: 'no-repository',
    message: expect.stringContaining('gone'),
  });
  expect(place.it.made).toBe(1);
});

test('nor is another one written to', async () => {
  await using place = await stage();
  await place.ready();
  place.it.id = ids.other;
  await expect(place.ready()).rejects.toMatchObject({ code: 'other-repository' });
});

test('a password that does not open it is no reason to make one', async () => {
  await using place = await stage({ fails: 'wrong-password' });
  await expect(place.ready()).rejects.toMatchObject({ code: 'wrong-password' });
  expect([place.it.made, await place.note()]).toEqual([0, null]);
});
