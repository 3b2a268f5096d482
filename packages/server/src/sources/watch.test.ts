import { appendFile, copyFile, mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from './testing.ts';
import { watchFile, watchSources } from './watch.ts';

/** Runs a watch whose intervals pass when the test says so: each step is what happens to the file in one of them. */
const watched = async (
  file: string,
  seen: string | null,
  steps: readonly (() => Promise<unknown>)[],
): Promise<readonly string[]> => {
  const ending = new AbortController();
  const yields: string[] = [];
  let step = 0;
  const sleep = async (): Promise<void> => {
    const next = steps[step];
    step += 1;
    if (next === undefined) ending.abort();
    else await next();
  };
  const options = { file, seen: seen === null ? null : Buffer.from(seen), signal: ending.signal, sleep };
  for await (const read of watchFile(options)) {
    yields.push(`${step}: ${read.ok ? Buffer.from(read.content).toString() : read.problem.code}`);
  }
  return yields;
};

const nothing = async (): Promise<void> => undefined;

describe('a watched file', () => {
  test('is taken up one quiet interval after it was written', async () => {
    await using folder = await temporaryFolder();
    const file = folder.path('sources.yaml');
    await writeFile(file, 'old');
    expect(await watched(file, 'old', [nothing, () => writeFile(file, 'new'), nothing, nothing])).toEqual(['3: new']);
  });

  test('that changed before the watch began is taken up', async () => {
    await using folder = await temporaryFolder();
    const file = folder.path('sources.yaml');
    await writeFile(file, 'new');
    expect(await watched(file, 'old', [nothing, nothing])).toEqual(['1: new']);
    expect(await watched(file, null, [nothing, nothing])).toEqual(['1: new']);
    expect(await watched(file, 'new', [nothing, nothing])).toEqual([]);
  });

  test('is left alone while it is still being written', async () => {
    await using folder = await temporaryFolder();
    const file = folder.path('sources.yaml');
    await writeFile(file, 'a');
    const grow = (): Promise<void> => appendFile(file, 'b');
    expect(await watched(file, 'a', [grow, grow, grow, nothing, nothing])).toEqual(['4: abbb']);
  });

  test('replaced by an editor that renames is taken up, even with the old time and size', async () => {
    await using folder = await temporaryFolder();
    const file = folder.path('sources.yaml');
    await writeFile(file, 'old');
    await utimes(file, 1, 1);
    const replace = async (): Promise<void> => {
      await writeFile(folder.path('.swp'), 'new');
      await utimes(folder.path('.swp'), 1, 1);
      await rename(folder.path('.swp'), file);
    };
    expect(await watched(file, 'old', [replace, nothing])).toEqual(['2: new']);
  });

  test('that is touched or written with the same content changes nothing', async () => {
    await using folder = await temporaryFolder();
    const file = folder.path('sources.yaml');
    await writeFile(file, 'same');
    const touch = (): Promise<void> => utimes(file, 1, 1);
    expect(await watched(file, 'same', [touch, nothing, () => writeFile(file, 'same'), nothing, nothing])).toEqual([]);
  });

  test('that vanishes for a moment is no event', async () => {
    await using folder = await temporaryFolder();
    const file = folder.path('sources.yaml');
    await writeFile(file, 'same');
    const away = (): Promise<void> => rename(file, folder.path('aside'));
    const back = (): Promise<void> => copyFile(folder.path('aside'), file);
    expect(await watched(file, 'same', [away, back, nothing, nothing])).toEqual([]);
  });

  test('that stays missing is one problem, and its return is an event', async () => {
    await using folder = await temporaryFolder();
    const file = folder.path('sources.yaml');
    await writeFile(file, 'same');
    const steps = [() => rm(file), nothing, nothing, () => mkdir(file), nothing, () => rm(file, { recursive: true })];
    expect(await watched(file, 'same', [...steps, () => writeFile(file, 'same'), nothing])).toEqual([
      '2: config-missing',
      '5: config-not-a-file',
      '8: same',
    ]);
  });

  test('is taken up within a second and a half by the real clock, and not after the signal', async () => {
    await using folder = await temporaryFolder();
    const file = folder.path('sources.yaml');
    await writeFile(file, 'one');
    const ending = new AbortController();
    const contents: string[] = [];
    const changed = new Promise<number>((resolve) => {
      watchSources(
        file,
        (read) => {
          contents.push(read.ok ? Buffer.from(read.content).toString() : read.problem.code);
          if (contents.length === 1) void writeFile(file, 'two');
          else resolve(performance.now());
        },
        ending.signal,
      );
    });
    const start = performance.now();
    expect((await changed) - start).toBeLessThan(500 + 1500);
    ending.abort();
    await writeFile(file, 'three');
    expect(contents).toEqual(['one', 'two']);
  });
});
