import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPrivate, readSecret } from './secret.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-secret-'));
});
afterAll(() => rm(folder, { recursive: true }));

const write = async (text: string, mode = 0o600): Promise<string> => {
  const file = join(folder, 'secret');
  await rm(file, { force: true });
  await writeFile(file, text);
  await chmod(file, mode);
  return file;
};

test('a secret is the one line of its file, with whatever it holds but the newline', async () => {
  for (const text of ['se"c\\ret \n', 'se"c\\ret ', 'se"c\\ret \r\n']) {
    expect(await readSecret(await write(text))).toBe('se"c\\ret ');
  }
});

test('no line, or several, are no secret', async () => {
  for (const text of ['', '\n', 'one\ntwo\n']) {
    await expect(readSecret(await write(text))).rejects.toMatchObject({ code: 'secret-unreadable' });
  }
  expect(await readPrivate(await write('[client]\nuser=x\n'))).toBe('[client]\nuser=x\n');
});

test.skipIf(process.platform === 'win32')(
  'a file that others can get at is refused, and the message says no secret',
  async () => {
    for (const mode of [0o640, 0o604, 0o660]) {
      const reading = readSecret(await write('hush', mode));
      await expect(reading).rejects.toMatchObject({ code: 'secret-exposed' });
      await expect(reading).rejects.not.toThrow('hush');
    }
  },
);

test('what is not there, or a folder, is told as such', async () => {
  await expect(readSecret(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'secret-unreadable' });
  await chmod(folder, 0o700);
  await expect(readSecret(folder)).rejects.toMatchObject({ code: 'secret-unreadable' });
});
