import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Moment } from '@berth/common/moment.ts';
import { randomRuns } from '@berth/common/testing/random-runs.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nodeDisk } from '../disk.ts';
import { config, namedTypes, type ObjectId, parseObjectId } from '../object.ts';
import type { Reading } from '../open.ts';
import { bodyOf, contentOf, objectOf, sourceDirectory, testStore } from '../testing.ts';
import { keyOf } from './fold.ts';
import { acts, beginHistory, type Copy, servable } from './testing-history.ts';
import { openView } from './view.ts';

const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const viewOf = (directory: string, moment: Moment) => openView({ disk: nodeDisk, directory, moment });
const now: Moment = { kind: 'time', at: 1e14 };

/** What a view serves, by `keyOf`: what it lists, and the config. */
const contentsOf = async (view: Reading): Promise<ReadonlyMap<string, string>> => {
  const contents = new Map<string, string>();
  for (const type of namedTypes) {
    for await (const part of view.list(type)) {
      for (const { name, size } of part) {
        const content = (await contentOf(view, { type, name })) ?? '(listed and absent)';
        contents.set(keyOf({ type, name }), content.length === size ? content : `${content} (not of ${size} bytes)`);
      }
    }
  }
  const repository = await contentOf(view, config);
  if (repository !== null) contents.set(keyOf(config), repository);
  return contents;
};

const idOf = (key: string): ObjectId => {
  const [type = '', name = ''] = key.split('/');
  const id = parseObjectId(type, name);
  if (id === null) throw new Error(`${key} is no key`);
  return id;
};

const missing = (served: ReadonlyMap<string, string>, state: ReadonlyMap<string, Copy>): readonly string[] =>
  [...state.keys()].filter((key) => !served.has(key));

describe('whatever happened, and whatever happens meanwhile', () => {
  test('a view serves the objects of its moment with their bytes, and nothing else', async () => {
    const property = fc.asyncProperty(acts(), fc.nat(40), fc.nat(40), async (each, from, cut) => {
      await using source = await sourceDirectory(memory);
      const history = beginHistory(source.directory);
      const first = each.slice(0, from);
      for (const act of first) await history.act(act);
      const index = cut % (history.placed.length + 1);
      const state = history.states[index] ?? new Map<string, Copy>();
      const moment: Moment = { kind: 'place', seq: history.placed[index]?.seq ?? 209_912_0000000000 };
      const view = await viewOf(source.directory, moment);
      const servedFirst = servable(history, state);
      expect(view.missing).toBe(missing(servedFirst, state).length);
      expect(await contentsOf(view)).toEqual(servedFirst);
      // The session goes on reading while others move everything about.
      for (const act of each.slice(from)) await history.act(act);
      const served = servable(history, state);
      for (const [key, content] of served) {
        if (servedFirst.has(key)) expect([key, await contentOf(view, idOf(key))]).toEqual([key, content]);
      }
      const seq = history.placed[index]?.seq;
      if (seq === undefined) return;
      expect(await contentsOf(await viewOf(source.directory, { kind: 'place', seq }))).toEqual(served);
    });
    await fc.assert(property, randomRuns({ everyday: 40, long: 150 }));
  });

  test('a move that is recorded and not made yet hides nothing', async () => {
    const property = fc.asyncProperty(acts(), async (each) => {
      await using source = await sourceDirectory(memory);
      const history = beginHistory(source.directory);
      for (const act of each) await history.act(act);
      await history.record({ op: 'trash', pick: 0, at: 5 });
      const last = history.placed.at(-1);
      if (last?.record.op !== 'trash') return;
      const view = await viewOf(source.directory, { kind: 'place', seq: last.seq });
      const state = history.states.at(-2) ?? new Map<string, Copy>();
      expect(await contentsOf(view)).toEqual(servable(history, state));
    });
    await fc.assert(property, randomRuns({ everyday: 20, long: 50 }));
  });
});

/** A source with a repository of one object, whose deletion is the last thing that happened. */
const shortStory = async () => {
  const source = await sourceDirectory(memory);
  await using store = await testStore(source.directory);
  const { id, bytes } = objectOf('a pack');
  await store.put(config, bodyOf(Buffer.from('the config')), 10);
  await store.put(id, bodyOf(bytes), bytes.length);
  const { until } = await viewOf(source.directory, now);
  expect(until).toBeNull();
  const before = new Date();
  await new Promise((resolve) => setTimeout(resolve, 5));
  await store.trash(id);
  return { source, id, moment: { kind: 'time', at: before.getTime() } as const };
};

test('a view touches nothing: no file comes, goes or changes, not even a sign that it is there', async () => {
  const { source, id, moment } = await shortStory();
  await using _end = source;
  const changing = ['createFile', 'openAppend', 'link', 'rename', 'unlink', 'makeFolder', 'removeFolder', 'syncFolder'];
  const refusing = Object.fromEntries(
    changing.map((call) => [call, () => Promise.reject(new Error(`a view called ${call}`))]),
  );
  const before = await source.files();
  const view = await openView({ disk: { ...nodeDisk, ...refusing }, directory: source.directory, moment });
  expect((await contentsOf(view)).size).toBe(2);
  expect(await view.size(id)).toBe(6);
  expect(await source.files()).toEqual(before);
});

test('a view of now is what a store shows', async () => {
  const { source, id } = await shortStory();
  await using _end = source;
  const view = await viewOf(source.directory, now);
  expect([view.until, view.missing, view.repository]).toEqual([null, 0, true]);
  expect(await contentsOf(view)).toEqual(new Map([['config/config', 'the config']]));
  expect([await view.open(id), await view.size(id)]).toEqual([null, null]);
});

test('a moment before everything has no repository, and says when the past begins', async () => {
  const { source } = await shortStory();
  await using _end = source;
  const view = await viewOf(source.directory, { kind: 'time', at: 1_000 });
  expect([view.at, view.repository, (await contentsOf(view)).size]).toEqual([null, false, 0]);
  expect(view.begins).toBeGreaterThan(1_000);
});

test('a source that never backed up has no past', async () => {
  await using source = await sourceDirectory(memory);
  const view = await viewOf(source.directory, now);
  expect([view.at, view.begins, view.repository, view.missing]).toEqual([null, null, false, 0]);
});

test('an object whose file vanished without a word is answered as absent', async () => {
  const { source, id, moment } = await shortStory();
  await using _end = source;
  const view = await viewOf(source.directory, moment);
  const [copy = ''] = await source.files('trash');
  await rm(join(source.directory, 'trash', copy));
  expect(await view.open(id)).toBeNull();
});

test('a session that is open meanwhile is in nobody’s way, and nobody in its', async () => {
  const { source, id, moment } = await shortStory();
  await using _end = source;
  await using store = await testStore(source.directory, { pid: 7 });
  const view = await viewOf(source.directory, moment);
  await store.put(id, bodyOf(Buffer.from('a pack')), 6);
  await store.trash(id);
  await store.put(id, bodyOf(Buffer.from('a pack')), 6);
  expect(await contentOf(view, id)).toBe('a pack');
  await store.trash(config);
  await store.put(config, bodyOf(Buffer.from('another config')), 14);
  expect(await contentOf(view, config)).toBe('the config');
});
