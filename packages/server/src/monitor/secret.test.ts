import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { makePipe, temporaryFolder } from '../sources/testing.ts';
import { readSecretFile, secretLimitBytes, secretOf } from './secret.ts';

const held = (content: string | Uint8Array) =>
  secretOf('/etc/berth/token', { kind: 'read', bytes: Buffer.from(content), mode: 0o100600 });

describe("a secret's file", () => {
  test.each([
    ['one line', 'hunter2', 'hunter2'],
    ['a line break behind it', 'hunter2\n', 'hunter2'],
    ['a line break of Windows', 'hunter2\r\n', 'hunter2'],
    ['space around it', ' \thunter2 \n', 'hunter2'],
    ['more lines', 'hunter2\nwritten down in May\n', 'hunter2'],
    ['words with spaces', 'correct horse\n', 'correct horse'],
    ['letters of another alphabet', 'пароль\n', 'пароль'],
    ['a byte order mark', '\u{feff}hunter2\n', 'hunter2'],
  ])('with %s gives the secret', (_, content, secret) => {
    expect(held(content)).toEqual({ ok: true, value: secret });
  });

  test.each([
    ['nothing', '', 'secret-empty', '/etc/berth/token is empty'],
    ['blank lines', '\n \n', 'secret-empty', '/etc/berth/token is empty'],
    ['its secret on the second line', '\nhunter2\n', 'secret-empty', 'the first line of /etc/berth/token is empty'],
    ['a control character', 'hunter2\0\n', 'secret-binary', '/etc/berth/token is not text'],
    ['a line separator', 'hunter\u20282', 'secret-binary', '/etc/berth/token is not text'],
    ['no UTF-8', Uint8Array.of(0xff, 0x31), 'secret-binary', '/etc/berth/token is not text'],
    ['too much', '1'.repeat(secretLimitBytes + 1), 'secret-too-large', '/etc/berth/token is larger than 64 KiB'],
  ])('with %s is refused without a word of what it holds', (_, content, code, message) => {
    expect(held(content)).toMatchObject({ ok: false, code, message, remedy: expect.not.stringContaining('hunter2') });
  });

  test('is read from the disk whatever stands in its place, and nothing waits', async () => {
    await using folder = await temporaryFolder();
    const path = folder.path('token');
    expect(readSecretFile(path)).toEqual({ kind: 'missing' });
    expect(readSecretFile(`${path}/below`)).toEqual({ kind: 'missing' });
    expect(readSecretFile(folder.path(''))).toEqual({ kind: 'not-a-file' });
    makePipe(folder.path('pipe'));
    expect(readSecretFile(folder.path('pipe'))).toEqual({ kind: 'not-a-file' });
    expect(readSecretFile('/dev/null')).toEqual({ kind: 'not-a-file' });
    writeFileSync(path, 'hunter2\n');
    chmodSync(path, 0o640);
    symlinkSync(path, folder.path('link'));
    expect(readSecretFile(folder.path('link'))).toMatchObject({
      kind: 'read',
      bytes: Buffer.from('hunter2\n'),
      mode: 0o100640,
    });
    writeFileSync(path, Buffer.alloc(10 * secretLimitBytes, 49));
    expect(secretOf(path, readSecretFile(path))).toMatchObject({ ok: false, code: 'secret-too-large' });
  });

  test.each([
    ['missing', 'does not exist'],
    ['not-a-file', 'is not a file'],
    ['forbidden', 'may not be read by this user'],
  ] as const)('that is %s says so, and what to do', (kind, words) => {
    const refused = secretOf('/etc/berth/token', { kind });
    expect(refused).toMatchObject({ ok: false, message: `/etc/berth/token ${words}` });
    expect(refused.ok ? '' : refused.remedy).toMatch(/\w/);
  });
});
