import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ensureRuntimeFolder, ownDoorName, passwordFor, removeOtherRuntimeFolders } from './folders.ts';
import { lookAs } from './look.ts';
import { phoneOf } from './testing.ts';

const isRoot = process.getuid?.() === 0;
const mode = isRoot ? 'private' : 'rootless';
let runtimeDir = '';
beforeEach(() => {
  runtimeDir = mkdtempSync(join(tmpdir(), 'berth-'));
});
afterEach(() => rmSync(runtimeDir, { recursive: true }));

const phone = phoneOf();
const folder = (): string => join(runtimeDir, 'phones/1010');

describe('the runtime folder of a phone', () => {
  test('is ours, and nobody but the phone may walk it', () => {
    ensureRuntimeFolder({ mode, runtimeDir }, phone);
    ensureRuntimeFolder({ mode, runtimeDir }, phone);
    const { uid, gid, mode: bits } = lstatSync(folder());
    expect({ uid, bits: bits & 0o7777 }).toEqual({ uid: process.getuid?.(), bits: isRoot ? 0o710 : 0o700 });
    if (isRoot) expect(gid).toBe(phone.uid);
  });

  test('is put right where its group is another one', ({ skip }) => {
    if (!isRoot) skip('needs root');
    ensureRuntimeFolder({ mode, runtimeDir }, phone);
    chownSync(folder(), 0, 1011);
    ensureRuntimeFolder({ mode, runtimeDir }, phone);
    expect(lstatSync(folder())).toMatchObject({ uid: 0, gid: phone.uid, mode: 0o40710 });
  });

  test('loses what commands have left that were killed, and nothing else', () => {
    ensureRuntimeFolder({ mode, runtimeDir }, phone);
    // No process has such a number (proc(5), pid_max).
    const [left, open] = [ownDoorName(2 ** 30), ownDoorName(process.pid)];
    for (const name of [left, `password.${2 ** 30}.new`, open, 'password', 'receive.sock'])
      writeFileSync(join(folder(), name), '');
    ensureRuntimeFolder({ mode, runtimeDir }, phone);
    expect(readdirSync(folder()).toSorted()).toEqual([open, 'password', 'receive.sock']);
  });

  test('goes with its phone', () => {
    ensureRuntimeFolder({ mode, runtimeDir }, phone);
    removeOtherRuntimeFolders(runtimeDir, [phone]);
    expect(lstatSync(folder()).isDirectory()).toBe(true);
    removeOtherRuntimeFolders(runtimeDir, []);
    expect(() => lstatSync(folder())).toThrow('ENOENT');
    rmSync(join(runtimeDir, 'phones'), { recursive: true });
    removeOtherRuntimeFolders(runtimeDir, []);
  });
});

describe('the password of a phone’s repository', () => {
  const place = (mode: 'private' | 'rootless') => ({ mode, configFolder: runtimeDir, runtime: folder() });

  test('is a copy that the phone alone may read, made anew each time', ({ skip }) => {
    if (!isRoot) skip('needs root');
    ensureRuntimeFolder({ mode, runtimeDir }, phone);
    for (const password of ['first', 'second']) {
      writeFileSync(join(runtimeDir, 'lisa-phone.password'), `${password}\n`, { mode: 0o600 });
      const copy = join(folder(), passwordFor(place('private'), phone));
      expect(readFileSync(copy, 'utf8')).toBe(`${password}\n`);
      expect(statSync(copy)).toMatchObject({ uid: phone.uid, gid: phone.uid, mode: 0o100400 });
    }
  });

  test('is without root the admin’s own', () => {
    const file = join(runtimeDir, 'lisa-phone.password');
    writeFileSync(file, 'secret\n');
    expect(passwordFor(place('rootless'), phone)).toBe(file);
  });

  test('that is missing is said with what to do, and never quoted', () => {
    expect(() => passwordFor(place('rootless'), phone)).toThrow(
      expect.objectContaining({
        code: 'password-unreadable',
        message: `The password of lisa-phone's repository can not be read: ${join(runtimeDir, 'lisa-phone.password')} does not exist.`,
      }),
    );
  });
});

test('a look as the phone tells a folder that is not there from one that it may not read, and from a file', async ({
  skip,
}) => {
  if (!isRoot) skip('needs root');
  const open = mkdtempSync('/tmp/berth-look-');
  try {
    chmodSync(open, 0o755);
    writeFileSync(join(open, 'file'), '');
    const place = { mode: 'private', enter: null } as const;
    const asked = [open, join(open, 'gone'), join(open, 'file'), join(open, 'file/below'), runtimeDir];
    const seen = await lookAs(place, { uid: 1010, groups: [] }, asked);
    expect(seen).toEqual(['ok', 'missing', 'missing', 'missing', 'unreadable']);
    chmodSync(open, 0o750);
    expect(await lookAs(place, { uid: 1010, groups: [] }, [open, join(open, 'gone')])).toEqual([
      'unreadable',
      'unreadable',
    ]);
    expect(await lookAs(place, { uid: 1010, groups: [0] }, [open])).toEqual(['ok']);
  } finally {
    rmSync(open, { recursive: true });
  }
});
