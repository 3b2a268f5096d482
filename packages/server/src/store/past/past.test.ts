import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Moment } from '@berth/common/moment.ts';
import { randomRuns } from '@berth/common/testing/random-runs.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nodeDisk } from '../disk.ts';
import { sourceDirectory } from '../testing.ts';
import { fold } from './fold.ts';
import { readPast } from './past.ts';
import { acts, beginHistory, type History, servable, writtenAt } from './testing-history.ts';
import { times } from './times.ts';

const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Runs `check` on a source with each of `long` random histories, in the everyday run with a third of them. */
const withHistories = (check: (history: History, directory: string) => Promise<void>, long = 150): Promise<void> =>
  fc.assert(
    fc.asyncProperty(acts(), async (each) => {
      await using source = await sourceDirectory(memory);
      const history = beginHistory(source.directory);
      for (const act of each) await history.act(act);
      await check(history, source.directory);
    }),
    randomRuns({ everyday: Math.ceil(long / 3), long }),
  );

const readAt = (directory: string, moment: Moment) => readPast(nodeDisk, join(directory, 'journal'), moment);

describe('whatever happened', () => {
  test('the fold says what is live and what is in the trash', async () => {
    await withHistories(async ({ placed, live, trash }) => {
      const now = fold();
      for (const each of placed) now.add(each);
      expect([...now.live.keys()].sort()).toEqual([...live.keys()].sort());
      expect([...now.trash.keys()].sort()).toEqual([...trash.keys()].sort());
      for (const [key, { size }] of now.live) expect(size).toBe(live.get(key)?.text.length);
      for (const [seq, { size }] of now.trash) expect(size).toBe(trash.get(seq)?.text.length);
    });
  });

  test('every place has the objects that were live before it, and knows where they are now', async () => {
    await withHistories(async (history, directory) => {
      const places = [...history.placed.map(({ seq }) => seq), 209_912_0000000000];
      for (const [index, seq] of places.entries()) {
        const past = await readAt(directory, { kind: 'place', seq });
        const state = history.states[index] ?? new Map();
        expect(past.until).toBe(history.placed[index]?.seq ?? null);
        expect([...past.objects.keys()].sort()).toEqual([...state.keys()].sort());
        const there = [...past.objects].filter(([, { where }]) => where.kind !== 'gone').map(([key]) => key);
        expect(there.sort()).toEqual([...servable(history, state).keys()].sort());
      }
    }, 60);
  });

  test('every time has the objects that were live when all up to it had been written', async () => {
    await withHistories(async (history, directory) => {
      const written = writtenAt(history.placed);
      for (const at of [-1, 0, 3, 10, 20, 30]) {
        const past = await readAt(directory, { kind: 'time', at });
        const index = written.findIndex((time) => time > at);
        expect(past.until).toBe(history.placed[index]?.seq ?? null);
        const state = history.states.at(index) ?? new Map();
        expect([...past.objects.keys()].sort()).toEqual([...state.keys()].sort());
      }
    });
  });

  test('times are what the clock said, as far as later and earlier records and an admin let it be believed', async () => {
    await withHistories(async ({ placed }) => {
      const all = times();
      for (const { seq, record } of placed) all.add(seq, record);
      const written = writtenAt(placed);
      expect(placed.map(({ seq }) => all.of(seq))).toEqual(written);
      expect(written).toEqual(written.toSorted((one, other) => one - other));
      expect([all.first(), all.last()]).toEqual([written[0] ?? null, written.at(-1) ?? null]);
      for (const [index, { seq }] of placed.entries()) expect(all.lastBefore(seq)).toBe(written[index - 1] ?? null);
      for (let at = -1; at <= 31; at += 1) {
        const after = written.findIndex((time) => time > at);
        expect(all.firstAfter(at)).toBe(placed[after]?.seq ?? null);
      }
    }, 100);
  });
});

test('a clock that was once ahead hides nothing once an admin has confirmed the time', async () => {
  await using source = await sourceDirectory(memory);
  const history = beginHistory(source.directory);
  await history.act({ op: 'put', pick: 0, at: 100 });
  await history.act({ op: 'put', pick: 0, at: 9_000 });
  expect((await readAt(source.directory, { kind: 'time', at: 200 })).objects.size).toBe(1);
  await history.act({ op: 'clock', pick: 0, at: 150 });
  expect((await readAt(source.directory, { kind: 'time', at: 200 })).objects.size).toBe(2);
});

test('a place that no journal has is an error, not a moment', async () => {
  await using source = await sourceDirectory(memory);
  await expect(readAt(source.directory, { kind: 'place', seq: 2026_99_0000000000 })).rejects.toThrow('no place');
});
