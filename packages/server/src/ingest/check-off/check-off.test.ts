import { linkSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeMirrorDisk } from '../mirror/disk.ts';
import { fromText, type Raw, rawOf } from '../mirror/raw.ts';
import { type CheckOffArguments, type CheckOffProgress, type CheckOffResult, checkOff } from './check-off.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'berth-check-off-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const day = 86_400_000;
const monthAgo = Date.UTC(2026, 9, 21);
const write = (path: string, content: string | Buffer, ms = monthAgo): void => {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  utimesSync(file, ms / 1000, ms / 1000);
};

/** A photo on the phone, in the mirror and in the snapshot; each call of `change` breaks one of the three. */
const photo = (name: string, content: string | Buffer = `photo ${name}`): [string, number, number] => {
  write(`ingest/DCIM/${name}`, content);
  write(`media/DCIM/${name}`, content);
  return [`/DCIM/${name}`, Buffer.byteLength(content), monthAgo];
};

const snapshot = { id: 'abcd', at: '2026-11-21T03:00:00Z' };
const told = async function* (
  files: readonly (readonly unknown[])[],
  end: readonly unknown[] = [{ listed: snapshot }],
) {
  yield { entries: [{ path: '/DCIM', kind: 'folder', size: 0, mtimeMs: 0 }] };
  yield { entries: files.map(([path, size, mtimeMs]) => ({ path, kind: 'file', size, mtimeMs })) };
  yield* end;
};

const asked = async (
  lines: AsyncIterable<unknown>,
  change: Partial<Omit<CheckOffArguments, 'mirror'>> & Partial<CheckOffArguments['mirror']> = {},
  copyOf: (path: Raw) => Raw | null = (path) => path,
): Promise<{ readonly result: CheckOffResult; readonly safe: readonly string[] }> => {
  const { before = null, ...mirror } = change;
  const safe: string[] = [];
  const args: CheckOffArguments = {
    before,
    mirror: {
      ...{ ingest: join(home, 'ingest'), target: join(home, 'media'), to: '/photos', state: join(home, 'state') },
      ...{ from: ['DCIM'], exclude: [], layout: 'as-is', readableBy: 'group', types: 'media' },
      ...{ settleMs: 0, floorBytes: null, timeZone: 'UTC', marker: '.stfolder' },
      ...mirror,
    },
  };
  const result = await checkOff(args, {
    ...{ disk: nodeMirrorDisk, copyOf, told: lines, signal: new AbortController().signal },
    progress: (value: CheckOffProgress) => safe.push(...value.safe),
  });
  return { result, safe };
};

const verdictOf = async (...words: Parameters<typeof asked>): Promise<string> =>
  (await asked(...words)).result.counted.map(({ why, files }) => `${files} ${why}`).join(', ');

describe('what may be deleted on the phone', () => {
  test('is what stands in the newest snapshot, and in the mirror byte for byte', async () => {
    const files = [photo('a.jpg'), photo('b.mp4', Buffer.alloc(3 * 1024 ** 2 + 5, 1))];
    const { result, safe } = await asked(told(files));
    expect(safe).toEqual(expect.arrayContaining(['DCIM/a.jpg', 'DCIM/b.mp4']));
    expect(result).toMatchObject({ snapshot: { id: 'abcd' }, isComplete: true, unlisted: 0 });
    expect(result.counted).toMatchObject([{ why: 'safe', files: 2, bytes: 3 * 1024 ** 2 + 5 + 11 }]);
  });

  test('is asked only of what the mirror is to hold', async () => {
    const files = [photo('a.jpg'), photo('.trashed-b.jpg'), photo('notes.txt')];
    symlinkSync('/etc/passwd', join(home, 'ingest/DCIM/c.jpg'));
    expect(await verdictOf(told(files))).toBe('1 safe');
  });

  test('is what was last changed long enough ago, where that is asked', async () => {
    const files = [photo('a.jpg')];
    expect(await verdictOf(told(files), { before: monthAgo })).toBe('1 young');
    expect(await verdictOf(told(files), { before: monthAgo + 1 })).toBe('1 safe');
  });

  test('is found where the mirror has it by its index: by date, or beside its twin', async () => {
    const file = photo('a.jpg');
    write('media/2026/10/a~2.jpg', 'photo a.jpg');
    rmSync(join(home, 'media/DCIM'), { recursive: true });
    expect(await verdictOf(told([file]), {}, () => fromText('2026/10/a~2.jpg'))).toBe('1 safe');
    expect(await verdictOf(told([file]), {}, () => null)).toBe('1 not-mirrored');
  });
});

describe('what stays on the phone', () => {
  test('is what the mirror has not, or otherwise', async () => {
    const files = ['a', 'b', 'c', 'd'].map((name) => photo(`${name}.jpg`));
    rmSync(join(home, 'media/DCIM/a.jpg'));
    write('media/DCIM/b.jpg', 'photo B.jpg');
    write('media/DCIM/c.jpg', 'photo c.jp');
    rmSync(join(home, 'media/DCIM/d.jpg'));
    symlinkSync(join(home, 'ingest/DCIM/d.jpg'), join(home, 'media/DCIM/d.jpg'));
    expect(await verdictOf(told(files))).toBe('2 not-mirrored, 2 mirror-differs');
  });

  test('is what the mirror has by a name alone: a link to the phone’s folder on the way, or the phone’s own file', async () => {
    const file = photo('a.jpg');
    rmSync(join(home, 'media'), { recursive: true });
    mkdirSync(join(home, 'media'));
    symlinkSync(join(home, 'ingest/DCIM'), join(home, 'media/DCIM'));
    expect(await verdictOf(told([file]))).toBe('1 not-mirrored');
    rmSync(join(home, 'media/DCIM'));
    mkdirSync(join(home, 'media/DCIM'));
    linkSync(join(home, 'ingest/DCIM/a.jpg'), join(home, 'media/DCIM/a.jpg'));
    expect(await verdictOf(told([file]))).toBe('1 not-mirrored');
  });

  test('is what differs in its last byte, past the first portion', async () => {
    const content = Buffer.alloc(2 * 1024 ** 2, 1);
    const file = photo('a.mp4', content);
    content[content.length - 1] = 2;
    write('media/DCIM/a.mp4', content);
    expect(await verdictOf(told([file]))).toBe('1 mirror-differs');
  });

  test('is what the newest snapshot has not, or not as it is now', async () => {
    const [a, b, c] = [photo('a.jpg'), photo('b.jpg'), photo('c.jpg')];
    expect(await verdictOf(told([a, [b[0], b[1] + 1, b[2]], [c[0], c[1], c[2] - day]]))).toBe(
      '1 safe, 2 changed-since-snapshot',
    );
    expect(await verdictOf(told([a]))).toBe('1 safe, 2 not-in-snapshot');
  });

  test('is everything where the list of the snapshot is missing, broken, or ends early', async () => {
    const file = photo('a.jpg');
    for (const lines of [
      told([file], []),
      told([file], [{ oops: 1 }]),
      told([file], [{ listed: null }]),
      told([['/DCIM/a.jpg']]),
    ])
      expect(await verdictOf(lines)).toBe('1 no-snapshot');
    expect((await asked(Readable.from([]))).result).toMatchObject({ snapshot: null });
  });

  test('is what changes while it is read', async () => {
    const file = photo('a.jpg');
    const disk = {
      ...nodeMirrorDisk,
      openRead: (path: Raw) => {
        const open = nodeMirrorDisk.openRead(path);
        return {
          ...open,
          read: (into: Uint8Array, at: number) => {
            if (path.includes('ingest')) write('ingest/DCIM/a.jpg', 'photo a.jpg', monthAgo + 5_000);
            return open.read(into, at);
          },
        };
      },
    };
    expect(statSync(join(home, 'ingest/DCIM/a.jpg')).size).toBe(11);
    const { result } = await askedOn(disk, told([file]));
    expect(result.counted).toMatchObject([{ why: 'changing' }]);
  });

  test('is what can not be read, and the folder is said', async () => {
    const file = photo('a.jpg');
    const fails = () => {
      throw Object.assign(new Error('EACCES'), { code: 'EACCES', errno: -13, syscall: 'open' });
    };
    expect((await askedOn({ ...nodeMirrorDisk, openRead: fails }, told([file]))).result.counted).toMatchObject([
      { why: 'unreadable', files: 1 },
    ]);
    expect((await askedOn({ ...nodeMirrorDisk, list: fails }, told([file]))).result).toMatchObject({
      counted: [],
      unlisted: 1,
    });
  });

  test('is what was not come to, because somebody stopped it', async () => {
    const file = photo('a.jpg');
    const { result } = await askedOn(nodeMirrorDisk, told([file]), AbortSignal.abort());
    expect(result).toMatchObject({ counted: [], isComplete: false });
  });
});

const askedOn = async (
  disk: typeof nodeMirrorDisk,
  lines: AsyncIterable<unknown>,
  signal = new AbortController().signal,
): Promise<{ readonly result: CheckOffResult }> => ({
  result: await checkOff(
    {
      before: null,
      mirror: {
        ...{ ingest: join(home, 'ingest'), target: join(home, 'media'), to: '/photos', state: join(home, 'state') },
        ...{ from: ['.'], exclude: [], layout: 'as-is', readableBy: 'group', types: 'media' },
        ...{ settleMs: 0, floorBytes: null, timeZone: 'UTC', marker: '.stfolder' },
      },
    },
    { disk, copyOf: (path) => rawOf(path), told: lines, progress: () => undefined, signal },
  ),
});
