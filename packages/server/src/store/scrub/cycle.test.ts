import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Disk, nodeDisk } from '../disk.ts';
import { objectOf, sourceDirectory, testStore } from '../testing.ts';
import { day, scrubOf, stateOf, store } from './testing.ts';

describe('a cycle', () => {
  /** A source with 60 packs of 100 bytes. */
  const packs = async () => {
    const source = await sourceDirectory();
    await using open = await testStore(source.directory);
    for (let index = 0; index < 60; index += 1) {
      const text = String(index).padEnd(100);
      await store(open, objectOf(text).id, text);
    }
    return source;
  };

  test('of daily runs checks every object exactly once, and ends within its time', async () => {
    await using source = await packs();
    const seen: string[] = [];
    const watching: Disk = {
      ...nodeDisk,
      openRead: (path) => {
        if (path.includes('/data/')) seen.push(path);
        return nodeDisk.openRead(path);
      },
    };
    const begin = Date.UTC(2026, 0, 1);
    const checked: number[] = [];
    for (let run = 0; ; run += 1) {
      const at = begin + run * day;
      expect(at).toBeLessThan(begin + 30 * day);
      const result = await scrubOf(source.directory, { all: false, disk: watching, now: () => new Date(at) });
      checked.push(result.checked);
      if (result.cycle.endedAt === null) continue;
      expect(result.cycle).toEqual({ startedAt: begin, endedAt: at, objects: 60, bytes: 6000, bad: 0 });
      break;
    }
    expect(Math.max(...checked)).toBeLessThanOrEqual(4);
    expect(seen.length).toBe(60);
    expect(new Set(seen).size).toBe(60);
  });

  test('that is stopped in the middle of a file goes on with that file', async () => {
    await using source = await packs();
    const stopping = new AbortController();
    const opened: string[] = [];
    const disk: Disk = {
      ...nodeDisk,
      openRead: (path) => {
        if (path.includes('/data/')) opened.push(path);
        if (opened.length === 20) stopping.abort();
        return nodeDisk.openRead(path);
      },
    };
    const first = await scrubOf(source.directory, { disk, signal: stopping.signal });
    expect(first).toMatchObject({ checked: 19, stopped: 'signal', cycle: { objects: 19, endedAt: null } });
    const second = await scrubOf(source.directory, { all: false, scrubMs: day, disk });
    expect(second).toMatchObject({ checked: 41, stopped: null, cycle: { objects: 60, bytes: 6000 } });
    expect(opened.filter((path) => path === opened[19])).toHaveLength(2);
    expect(new Set(opened).size).toBe(60);
  });

  test('is remembered every 30 seconds, and what a killed scrub left of that is removed', async () => {
    await using source = await packs();
    await writeFile(join(source.directory, 'journal/scrub.json.4711'), 'half');
    let time = Date.UTC(2026, 0, 1);
    const behind: number[] = [];
    await scrubOf(source.directory, {
      now: () => new Date(time),
      onProgress: ({ objects }) => {
        time += 10_000;
        if (objects > 3) behind.push(objects - Number(stateOf(source.directory).cycle?.objects));
      },
    });
    expect(Math.max(...behind)).toBe(3);
    expect(await source.files('journal')).not.toContain('scrub.json.4711');
    expect(stateOf(source.directory)).toMatchObject({ cycle: null, lastCycle: { objects: 60 } });
  });

  test.each([
    ['broken', '{"version":1,"cycle":', 'could not be read'],
    [
      'of another version',
      JSON.stringify({ version: 2, cycle: null, lastRunAt: null, lastCycle: null, configs: [] }),
      'could not be read',
    ],
    [
      'from the future',
      JSON.stringify({
        version: 1,
        cycle: {
          startedAt: Date.UTC(2100, 0),
          objects: 1,
          bytes: 1,
          bad: 0,
          cursor: { step: 'trash/data', file: 'ffff' },
        },
        lastRunAt: null,
        lastCycle: null,
        configs: [],
      }),
      'from the future',
    ],
  ])('whose state is %s begins anew, which is said', async (_, text, words) => {
    await using source = await packs();
    await writeFile(join(source.directory, 'journal/scrub.json'), text);
    const { checked, notes } = await scrubOf(source.directory, { all: false, scrubMs: day });
    expect(checked).toBe(60);
    expect(notes).toEqual([expect.stringContaining(words)]);
  });
});
