import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isLocked, lockFile, takeLock } from './lock.ts';

let data = '';
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'berth-lock-'));
});
afterEach(() => rm(data, { recursive: true }));

test('the lock is held while its holder lives, and no longer', async () => {
  expect(await isLocked(data)).toBe(false);
  // `--no-fork`: the holder is the program itself, as with the server.
  const holder = execa('flock', ['--no-fork', lockFile(data), 'sleep', '60'], { reject: false });
  await expect.poll(() => isLocked(data), { timeout: 5000 }).toBe(true);
  holder.kill('SIGKILL');
  await holder;
  expect(await isLocked(data)).toBe(false);
});

test('looking at the lock never keeps a server from taking it', async () => {
  // One who looks, and is slow about it: a health check of a busy machine.
  const looking = execa('flock', ['--shared', lockFile(data), 'sleep', '1']);
  await expect
    .poll(async () => (await execa('flock', ['--nonblock', lockFile(data), 'true'], { reject: false })).failed)
    .toBe(true);
  expect(await isLocked(data)).toBe(false);
  const [file = '', ...words] = takeLock(data, 6);
  expect(await execa(file, [...words, 'true'], { reject: false })).toMatchObject({ exitCode: 0 });
  await looking;
});

test('a lock that another user left is named, with the command that gives it back', async () => {
  await writeFile(lockFile(data), '', { mode: 0 });
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await chown(lockFile(data), 4001, 4001);
  await chmod(lockFile(data), isRoot ? 0o600 : 0);
  const program = `
    import { isLocked } from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))};
    await isLocked(${JSON.stringify(data)}).catch(({ message, remedy }) => console.log(message + remedy));`;
  // The root of the container, which may not read what belongs to others.
  const fewer = isRoot ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'] : ['env'];
  const [file = '', ...words] = [...fewer, process.execPath, '--input-type=module', '--eval', program];
  const { stdout } = await execa(file, words, { timeout: 15_000 });
  expect(stdout).toContain('Permission denied');
  expect(stdout).toContain(`chown ${process.getuid?.()} ${data} `);
});
