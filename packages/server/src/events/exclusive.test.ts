import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exclusively } from './exclusive.ts';

let data = '';
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'berth-exclusive-'));
});
afterEach(() => rm(data, { recursive: true }));

test('while one process is at it, another waits', async () => {
  const [begun, done] = [join(data, 'begun'), join(data, 'done')];
  const program = `
    import { writeFileSync } from 'node:fs';
    import { exclusively } from ${JSON.stringify(join(import.meta.dirname, 'exclusive.ts'))};
    await exclusively(${JSON.stringify(data)}, () => {
      writeFileSync(${JSON.stringify(begun)}, '');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      writeFileSync(${JSON.stringify(done)}, '');
    });`;
  const other = execa(process.execPath, ['--input-type=module', '--eval', program], { timeout: 20_000 });
  while (!existsSync(begun)) await sleep(10);
  expect(await exclusively(data, () => existsSync(done))).toBe(true);
  await other;
});

test('what goes wrong in it is thrown, and the next one gets its turn', async () => {
  const wrong = exclusively(data, () => {
    throw new Error('wrong');
  });
  await expect(wrong).rejects.toThrow('wrong');
  expect(await exclusively(data, () => 'right')).toBe('right');
});

test('a folder that can not be locked is a problem a person can act on', async () => {
  const nowhere = join(data, 'nowhere');
  await expect(exclusively(nowhere, () => 'never')).rejects.toMatchObject({
    code: 'events-locked',
    message: expect.stringContaining('No such file or directory'),
  });
});
