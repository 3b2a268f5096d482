import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ensureSocketFolders, ensureStateFolder } from './folders.ts';

let place = '';
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'berth-'));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

const ownUid = process.getuid?.() ?? -1;
const looks = (path: string): string => {
  const { uid, gid, mode } = lstatSync(path);
  return `${uid}:${gid} ${(mode & 0o7777).toString(8)}`;
};

describe('without root', () => {
  const own = { uid: ownUid, groupOf: () => null };

  test('every folder is our own and closed', () => {
    ensureStateFolder(join(place, 'coordinator'), ownUid);
    ensureSocketFolders(join(place, 'control'), [{ name: 'laptop', uid: 4001 }], own);
    for (const folder of ['coordinator', 'control', 'control/laptop'])
      expect([folder, looks(join(place, folder))]).toEqual([folder, `${ownUid}:${process.getgid?.()} 700`]);
  });

  test('the folder of a source that is gone goes with its socket, and the others stay as they are', () => {
    const control = join(place, 'control');
    const both = ['laptop', 'nas'].map((name) => ({ name, uid: 4001 }));
    ensureSocketFolders(control, both, own);
    for (const name of ['laptop', 'nas']) writeFileSync(join(control, name, 'api.sock'), '');
    ensureSocketFolders(control, both.slice(1), own);
    expect(existsSync(join(control, 'laptop'))).toBe(false);
    expect(existsSync(join(control, 'nas/api.sock'))).toBe(true);
  });
});

describe.runIf(ownUid === 0)('as root', () => {
  const berth = { uid: 65_531, groupOf: ({ uid }: { readonly uid: number }) => uid };

  test('a socket’s folder is the coordinator’s, and its source may walk it, whatever the umask', () => {
    const control = join(place, 'control');
    const before = process.umask(0o077);
    try {
      ensureSocketFolders(control, [{ name: 'laptop', uid: 31_001 }], berth);
    } finally {
      process.umask(before);
    }
    expect(looks(join(control, 'laptop'))).toBe('65531:31001 710');
    writeFileSync(join(control, 'laptop/api.sock'), '');
    // Another number of the source's: the socket stays.
    ensureSocketFolders(control, [{ name: 'laptop', uid: 31_002 }], berth);
    expect(looks(join(control, 'laptop'))).toBe('65531:31002 710');
    expect(existsSync(join(control, 'laptop/api.sock'))).toBe(true);
  });

  test('a folder that somebody opened, or a link in its place, is made anew', () => {
    const control = join(place, 'control');
    const sources = ['open', 'link'].map((name) => ({ name, uid: 31_001 }));
    ensureSocketFolders(control, sources, berth);
    chmodSync(join(control, 'open'), 0o755);
    rmSync(join(control, 'link'), { recursive: true });
    symlinkSync('/etc', join(control, 'link'));
    ensureSocketFolders(control, sources, berth);
    for (const { name } of sources) expect([name, looks(join(control, name))]).toEqual([name, '65531:31001 710']);
    expect(existsSync('/etc/passwd')).toBe(true);
  });

  test('the coordinator’s own folder is its own, and one that was ours becomes it, with all that is in it', () => {
    const folder = join(place, 'coordinator');
    ensureStateFolder(folder, 65_531);
    expect(looks(folder)).toBe('65531:65531 700');
    ensureStateFolder(folder, 65_531);
    const restored = join(place, 'restored');
    mkdirSync(restored, { mode: 0o755 });
    writeFileSync(join(restored, 'state.db'), '');
    symlinkSync('/etc/passwd', join(restored, 'link'));
    ensureStateFolder(restored, 65_531);
    expect(looks(restored)).toBe('65531:65531 700');
    expect(looks(join(restored, 'state.db'))).toMatch(/^65531:65531 /);
    expect(lstatSync('/etc/passwd').uid).toBe(0);
  });

  test('what is somebody else’s, or open to others, is theirs to keep and the admin’s to look at', () => {
    const [foreign, open, file] = ['foreign', 'open', 'file'].map((name) => join(place, name));
    mkdirSync(foreign ?? '');
    ensureStateFolder(join(place, 'coordinator'), 65_531);
    mkdirSync(open ?? '');
    chmodSync(open ?? '', 0o777);
    writeFileSync(file ?? '', '');
    expect(() => ensureStateFolder(join(place, 'coordinator'), 31_001)).toThrow('belongs to UID 65531');
    expect(() => ensureStateFolder(open ?? '', 65_531)).toThrow('others may write');
    expect(() => ensureStateFolder(file ?? '', 65_531)).toThrow('is not a folder');
    expect(looks(join(place, 'coordinator'))).toBe('65531:65531 700');
    expect(looks(open ?? '')).toBe('0:0 777');
  });
});
