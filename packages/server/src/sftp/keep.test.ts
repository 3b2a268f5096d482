import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keepPass } from './keep.ts';
import type { PassReport } from './report.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-keep-'));
  mkdirSync(join(folder, 'files'));
  mkdirSync(join(folder, 'kept'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const dayMs = 86_400_000;
const file = (name: string): string => join(folder, 'files', name);
const write = (name: string, text: string): void => writeFileSync(file(name), text);

/** Passes happen at times of their own: each a minute after the one before, all after the files were written. */
let minutes = 0;
const pass = async (change: { immutable?: boolean; settleMs?: number; laterMs?: number } = {}): Promise<PassReport> => {
  minutes += 1;
  const { immutable = true, settleMs = 10_000, laterMs = 0 } = change;
  const now = new Date(Date.now() + minutes * 60_000 + laterMs);
  return keepPass({
    files: join(folder, 'files'),
    kept: join(folder, 'kept'),
    immutable,
    protectMs: 30 * dayMs,
    settleMs,
    now,
  });
};

const now = (name: string): string => readFileSync(join(folder, 'kept/now', name), 'utf8');
/** The versions of a file that the trash holds, oldest first. */
const trashed = (name: string): readonly string[] =>
  readdirSync(join(folder, 'kept/trash'))
    .toSorted()
    .flatMap((stamp) => {
      try {
        return [readFileSync(join(folder, 'kept/trash', stamp, name), 'utf8')];
      } catch {
        return [];
      }
    });

describe('with immutable', () => {
  test('a file is copied once, and its folders with it', async () => {
    mkdirSync(file('2026/11'), { recursive: true });
    write('2026/11/scan.pdf', 'first');
    expect(await pass()).toMatchObject({ files: 1, copied: 1, failed: 0 });
    expect(now('2026/11/scan.pdf')).toBe('first');
    expect(await pass()).toMatchObject({ files: 1, copied: 0, trashed: 0 });
  });

  test('what is overwritten, shortened, replaced, moved or deleted stays in the trash', async () => {
    for (const name of ['over', 'short', 'replaced', 'moved', 'deleted']) write(name, `good ${name}`);
    await pass();
    write('over', 'evil contents');
    writeFileSync(file('short'), '');
    write('other', 'evil');
    renameSync(file('other'), file('replaced'));
    renameSync(file('moved'), file('elsewhere'));
    rmSync(file('deleted'));
    expect(await pass()).toMatchObject({ trashed: 5, failed: 0 });
    for (const name of ['over', 'short', 'replaced', 'moved', 'deleted'])
      expect(trashed(name)).toEqual([`good ${name}`]);
    expect(now('over')).toBe('evil contents');
    expect(now('elsewhere')).toBe('good moved');
  });

  test('a copy is not the file: writing in place does not reach it', async () => {
    write('a', 'good');
    await pass();
    writeFileSync(file('a'), 'evil');
    utimesSync(file('a'), new Date(1), new Date(1));
    expect(now('a')).toBe('good');
    await pass();
    expect(trashed('a')).toEqual(['good']);
  });

  test('a whole tree that goes, and a file and a folder that change places, lose nothing', async () => {
    mkdirSync(file('tree/deep'), { recursive: true });
    write('tree/deep/a', 'a');
    write('b', 'b');
    mkdirSync(file('c'));
    write('c/d', 'd');
    await pass();
    rmSync(file('tree'), { recursive: true });
    rmSync(file('b'));
    mkdirSync(file('b'));
    write('b/new', 'new');
    rmSync(file('c'), { recursive: true });
    write('c', 'c');
    await pass();
    expect([trashed('tree/deep/a'), trashed('b'), trashed('c/d')]).toEqual([['a'], ['b'], ['d']]);
    expect([now('b/new'), now('c')]).toEqual(['new', 'c']);
  });

  test('a file that is still changing waits', async () => {
    write('a', 'half');
    expect(await pass({ settleMs: 3_600_000 })).toMatchObject({ copied: 0, unsettled: 1 });
    expect(await pass()).toMatchObject({ copied: 1, unsettled: 0 });
  });

  test('links are neither followed nor kept', async () => {
    symlinkSync('/etc', file('folder'));
    symlinkSync('/etc/passwd', file('file'));
    expect(await pass()).toMatchObject({ files: 0, copied: 0, failed: 0 });
    expect(readdirSync(join(folder, 'kept/now'))).toEqual([]);
  });

  test('names that are no UTF-8 keep their bytes', async () => {
    const name = Buffer.from([0x66, 0xfc, 0x72]);
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/files/`), name]), 'latin');
    expect(await pass()).toMatchObject({ copied: 1, failed: 0 });
    expect(readdirSync(Buffer.from(join(folder, 'kept/now')), { encoding: 'buffer' })).toEqual([name]);
  });

  test('the trash is emptied after protect and not before', async () => {
    write('a', 'good');
    await pass();
    rmSync(file('a'));
    await pass();
    await pass({ laterMs: 29 * dayMs });
    expect(trashed('a')).toEqual(['good']);
    await pass({ laterMs: 31 * dayMs });
    expect(trashed('a')).toEqual([]);
  });
});

describe('what is used', () => {
  test('counts the files and the copies by what they occupy', async () => {
    write('a', 'x'.repeat(1_000_000));
    const alone = (await pass({ immutable: false })).usedBytes;
    expect(alone).toBeGreaterThanOrEqual(1_000_000);
    expect(readdirSync(join(folder, 'kept'))).toEqual([]);
    expect((await pass()).usedBytes).toBe(2 * alone);
    rmSync(file('a'));
    const trash = (await pass()).usedBytes;
    expect(trash).toBeGreaterThanOrEqual(alone);
    expect(trash).toBeLessThan(2 * alone);
  });
});
