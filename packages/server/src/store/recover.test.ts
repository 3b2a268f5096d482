import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { randomRuns } from '@berth/common/testing/random-runs.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nodeDisk } from './disk.ts';
import { folderSync } from './folder-sync.ts';
import { layoutOf, livePath } from './layout.ts';
import { config } from './object.ts';
import { keyOf } from './past/fold.ts';
import { type Act, acts, beginHistory, type History } from './past/testing-history.ts';
import { isChange } from './record.ts';
import { openMoves, repeatMoves } from './recover.ts';
import type { Seq } from './seq.ts';
import { bodyOf, objectOf, recordingDisk, sourceDirectory, testStore } from './testing.ts';

const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** What a source looks like to everybody: its files, without the journal. */
const filesOf = async (source: Awaited<ReturnType<typeof sourceDirectory>>) =>
  (await source.files()).filter((file) => !file.startsWith('journal/'));

/** As a session that is alone does when it opens, from a checkpoint before the record at `from` on. */
const recover = (directory: string, history: History, from: number): Promise<number> => {
  const moves = openMoves();
  for (const { seq, record } of history.placed.slice(from)) moves.note(seq, record);
  return repeatMoves({ disk: nodeDisk, folders: folderSync(nodeDisk), layout: layoutOf(directory) }, moves);
};

/**
 * The moves that a power cut undoes: of each name the last ones, so many as `cuts` says, and none before it arrived the
 * last time, since an arrival is synced, and with its folder what was moved in it before.
 */
const undone = (history: History, cuts: readonly number[]): ReadonlySet<Seq> => {
  const names = Map.groupBy(
    history.placed.flatMap(({ seq, record }) => (isChange(record) ? [{ seq, record }] : [])),
    ({ record }) => keyOf(record.id),
  );
  const lost = [...names.values()].flatMap((records, index) => {
    const moves = records.slice(records.findLastIndex(({ record }) => record.op === 'put') + 1);
    const count = (cuts[index] ?? 0) % (moves.length + 1);
    return moves.slice(moves.length - count);
  });
  return new Set(lost.map(({ seq }) => seq));
};

const play = async (directory: string, each: readonly Act[], without: ReadonlySet<Seq> = new Set()) => {
  const history = beginHistory(directory, without);
  for (const act of each) await history.act(act);
  return history;
};

test('whatever a power cut undid, repeating the moves leads to the same end', async () => {
  const cuts = fc.array(fc.nat(10), { minLength: 6, maxLength: 6 });
  const property = fc.asyncProperty(acts(), cuts, fc.nat(40), async (each, cut, from) => {
    const kept = each.filter(({ op }) => op !== 'lost');
    await using whole = await sourceDirectory(memory);
    const meant = await play(whole.directory, kept);
    await using source = await sourceDirectory(memory);
    const history = await play(source.directory, kept, undone(meant, cut));
    const firstUndone = meant.placed.findIndex(({ seq }) => undone(meant, cut).has(seq));
    const checkpoint = Math.min(from, firstUndone === -1 ? from : firstUndone);
    await recover(source.directory, history, checkpoint);
    expect(await filesOf(source)).toEqual(await filesOf(whole));
    // And once more, since the recovery itself can be cut.
    expect(await recover(source.directory, history, checkpoint)).toBe(0);
    expect(await filesOf(source)).toEqual(await filesOf(whole));
  });
  await fc.assert(property, randomRuns({ everyday: 40, long: 150 }));
});

const liveId = ({ live }: History) => [...live.values()][0]?.id ?? config;
const put = { op: 'put', at: 0 } as const;
const first = { pick: 0, at: 0 } as const;

test('a copy that came back from the trash takes no other copy with it', async () => {
  // Put, delete, put again, delete again, and bring the first copy back: the last two moves are undone.
  const each: readonly Act[] = [
    { ...put, pick: 0 },
    { op: 'trash', ...first },
    { ...put, pick: 0 },
    { op: 'trash', ...first },
    { op: 'restore', ...first },
  ];
  await using whole = await sourceDirectory(memory);
  const meant = await play(whole.directory, each);
  for (const count of [1, 2]) {
    await using source = await sourceDirectory(memory);
    const history = await play(source.directory, each, new Set(meant.placed.slice(-count).map(({ seq }) => seq)));
    expect(await recover(source.directory, history, 0)).toBe(count);
    expect(await filesOf(source)).toEqual(await filesOf(whole));
  }
});

test('damage that was put aside for a good copy is put aside again, and the good copy stays', async () => {
  await using source = await sourceDirectory(memory);
  const layout = layoutOf(source.directory);
  const history = beginHistory(source.directory);
  for (const op of ['put', 'trash', 'put'] as const) await history.act({ op, ...first });
  const id = liveId(history);
  await writeFile(livePath(layout, id), 'X');
  await history.record({ op: 'quarantine', ...first });
  await history.record({ op: 'restore', ...first });
  await recover(source.directory, history, 0);
  expect(await readFile(livePath(layout, id), 'utf8')).toBe('a');
  expect((await source.files('trash')).length).toBe(0);
  expect((await source.files('quarantine')).length).toBe(1);
});

test('a copy in the trash is not removed for another that is in its place', async () => {
  await using source = await sourceDirectory(memory);
  const layout = layoutOf(source.directory);
  const history = beginHistory(source.directory);
  await history.act({ op: 'put', ...first });
  const id = liveId(history);
  await history.act({ op: 'trash', ...first });
  await writeFile(livePath(layout, id), 'X');
  await history.act({ op: 'restore', ...first });
  expect(await readFile(livePath(layout, id), 'utf8')).toBe('X');
  expect((await source.files('trash')).length).toBe(1);
});

test('moves that a killed session made are durable before they are forgotten', async () => {
  await using source = await sourceDirectory(memory);
  const killed = await testStore(source.directory, { pid: 1 });
  const { id, bytes, name } = objectOf('deleted', 'snapshots');
  await killed.put(id, bodyOf(bytes), bytes.length);
  await killed.trash(id);
  const { calls, disk } = recordingDisk();
  await using next = await testStore(source.directory, { pid: 2, disk });
  await next.close();
  const synced = calls
    .filter((call) => call.startsWith('syncFolder'))
    .map((call) => call.split('/').slice(-2).join('/'));
  expect(synced).toEqual(expect.arrayContaining(['repo/snapshots', 'trash/snapshots']));
  expect((await source.files('trash'))[0]).toContain(name);
});
