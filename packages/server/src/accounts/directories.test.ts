import { spawnSync } from 'node:child_process';
import { chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { phoneOf } from '../supervisor/phones/testing.ts';
import { createDirectories, directoryFindings, leftoverFindings } from './directories.ts';
import { sourceOf } from './testing.ts';

let data = '';
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'berth-'));
});
afterEach(() => rmSync(data, { recursive: true }));

const one = sourceOf('one', 4001);
const isRoot = process.getuid?.() === 0;
const owner = (source: { readonly uid: number }): number => (isRoot ? source.uid : (process.getuid?.() ?? 0));
const path = (...parts: readonly string[]): string => join(data, 'sources', ...parts);

describe('the folders of a source', () => {
  test('are its own and closed, below one that is not its own; made once', () => {
    expect(createDirectories(data, [one], owner)).toEqual([one]);
    for (const folder of ['repo', 'trash', 'journal', 'incoming', 'quarantine']) {
      const { uid, mode } = lstatSync(path('one', folder));
      expect({ uid, mode: mode & 0o7777 }).toEqual({ uid: owner(one), mode: 0o700 });
    }
    expect(lstatSync(path('one'))).toMatchObject({ uid: process.getuid?.(), mode: 0o40755 });
    expect(createDirectories(data, [one], owner)).toEqual([]);
    expect(directoryFindings(data, [one], owner)).toEqual([]);
  });

  test('are completed when one is missing or a crash left a half-made one', () => {
    createDirectories(data, [one], owner);
    rmSync(path('one', 'trash'), { recursive: true });
    mkdirSync(path('one', '.new-trash'));
    createDirectories(data, [one], owner);
    expect(lstatSync(path('one', 'trash')).uid).toBe(owner(one));
  });

  test('of another owner are refused, with the command that re-owns all of them', () => {
    createDirectories(data, [one], owner);
    const [finding] = directoryFindings(data, [one], () => 4009);
    expect(finding?.code).toBe('uid-changed');
    const all = ['repo', 'trash', 'journal', 'incoming', 'quarantine'].map((folder) => path('one', folder)).join(' ');
    expect(finding?.remedy).toContain(`chown -hR 4009:4009 ${all}`);
  });

  test('are refused where a link or a file stands in their place', () => {
    createDirectories(data, [one], owner);
    rmSync(path('one', 'repo'), { recursive: true });
    symlinkSync('/etc', path('one', 'repo'));
    expect(directoryFindings(data, [one], owner)[0]?.code).toBe('not-a-directory');
    rmSync(path('one'), { recursive: true });
    symlinkSync('/etc', path('one'));
    expect(directoryFindings(data, [one], owner)[0]?.code).toBe('not-a-directory');
    rmSync(path('one'));
    writeFileSync(path('one'), '');
    expect(directoryFindings(data, [one], owner)[0]?.code).toBe('not-a-directory');
  });

  test.runIf(isRoot)('are refused below a folder that a source could rearrange', () => {
    createDirectories(data, [one], owner);
    chownSync(path('one'), 4001, 4001);
    expect(directoryFindings(data, [one], owner)[0]?.code).toBe('not-ours');
    chownSync(path(), 4001, 4001);
    expect(() => createDirectories(data, [one], owner)).toThrow('only the server can write');
  });

  test('for a UID that the user namespace does not have are refused with those it has', ({ skip }) => {
    const allowed = spawnSync('unshare', ['--user', '--map-root-user', 'true']).status === 0;
    if (!allowed) skip('needs user namespaces, which this machine does not allow');
    const program = `
      import { createDirectories } from '${join(import.meta.dirname, 'directories.ts')}';
      const source = { name: 'one', uid: 4001, access: 'restic', ingest: null };
      try { createDirectories(process.argv[1], [source], ({ uid }) => uid); }
      catch ({ code, message, remedy }) { process.stdout.write(JSON.stringify({ code, message, remedy })); }`;
    // Only root is there.
    const words = ['--user', '--map-root-user', process.execPath, '--input-type=module', '--eval', program, data];
    const { stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' });
    expect(JSON.parse(stdout || stderr)).toEqual({
      code: 'uid-unmapped',
      message: expect.stringMatching(/can not be given to UID 4001: .* has UIDs 0 only\.$/),
      remedy: expect.stringContaining('/etc/subuid'),
    });
  });

  test.runIf(isRoot)('of a removed source keep their UID from being given to another', () => {
    createDirectories(data, [one], owner);
    expect(leftoverFindings(data, [one])).toEqual([]);
    const [finding] = leftoverFindings(data, [sourceOf('heir', 4001)]);
    expect(finding).toMatchObject({ code: 'uid-in-use', source: 'heir' });
    expect(finding?.remedy).toContain(`mv ${path('one')} ${path('heir')}`);
  });

  test('of a phone are two more, its own and closed, beside what it has stored', () => {
    const phone = { ...one, ingest: phoneOf().ingest };
    expect(createDirectories(data, [phone], owner)).toEqual([phone]);
    for (const folder of ['phones/one/agent', 'phones/one/mirror', 'sources/one/repo']) {
      const { uid, mode } = lstatSync(join(data, folder));
      expect({ uid, mode: mode & 0o7777 }).toEqual({ uid: owner(phone), mode: 0o700 });
    }
    expect(lstatSync(join(data, 'phones/one'))).toMatchObject({ uid: process.getuid?.(), mode: 0o40755 });
    expect(createDirectories(data, [phone], owner)).toEqual([]);
    const [changed] = directoryFindings(data, [phone], () => 4009);
    expect(changed?.remedy).toContain(`${join(data, 'phones/one/agent')} ${join(data, 'phones/one/mirror')}`);
    rmSync(path('one'), { recursive: true });
    expect(directoryFindings(data, [phone], () => 4009)[0]?.code).toBe('uid-changed');
  });

  test.runIf(isRoot)('of a removed phone keep its UID too, also where nothing but its mirror is left', () => {
    createDirectories(data, [{ ...one, ingest: phoneOf().ingest }], owner);
    rmSync(path('one'), { recursive: true });
    const [finding] = leftoverFindings(data, [sourceOf('heir', 4001)]);
    expect(finding?.remedy).toContain(`mv ${join(data, 'phones/one')} ${join(data, 'phones/heir')}`);
  });
});
