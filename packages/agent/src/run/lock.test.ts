import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { takeLock } from './lock.ts';

const folder = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'berth-lock-'));
  return { lock: join(directory, 'state/lock'), [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
};
const holder = (lock: string) =>
  execa(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { takeLock } from ${JSON.stringify(new URL('lock.ts', import.meta.url).href)};
     const lock = await takeLock(${JSON.stringify(lock)}); console.log('held'); setInterval(() => lock, 1000);`,
    ],
    { reject: false, timeout: 20_000 },
  );

test('one process holds it at a time, and the other learns which', async () => {
  await using place = await folder();
  const other = holder(place.lock);
  for await (const line of other) {
    if (line !== 'held') continue;
    await expect(takeLock(place.lock)).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining(`process ${other.pid}`),
    });
    other.kill('SIGKILL');
  }
});

test('a holder that was killed leaves nothing to take over, even if its process id lives on in someone else', async () => {
  await using place = await folder();
  const other = holder(place.lock);
  for await (const line of other) if (line === 'held') other.kill('SIGKILL');
  await using lock = await takeLock(place.lock);
  expect(lock).toBeDefined();
});

test('of many that ask at once exactly one gets it', async () => {
  await using place = await folder();
  const results = await Promise.allSettled(Array.from({ length: 50 }, () => takeLock(place.lock)));
  const held = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  expect(held).toHaveLength(1);
  for (const lock of held) await lock[Symbol.asyncDispose]();
  await (await takeLock(place.lock))[Symbol.asyncDispose]();
});

test('who can not be named to people, as on a full disk, holds it all the same', async () => {
  await using place = await folder();
  await mkdir(`${place.lock}.pid`, { recursive: true }); // No file can be written there.
  await using lock = await takeLock(place.lock);
  expect(lock).toBeDefined();
  await expect(takeLock(place.lock)).rejects.toMatchObject({ code: 'busy', message: 'Another run is going on.' });
});
