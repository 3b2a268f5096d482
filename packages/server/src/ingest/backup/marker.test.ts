import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lookAtIngest, markerOf } from './marker.ts';

const stage = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'berth-marker-'));
  const ingest = join(directory, 'ingest');
  await mkdir(ingest);
  return {
    ingest,
    look: (marker: string | null) => lookAtIngest({ ingest, marker, seenFile: join(directory, 'state/marker') }),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
};

test('a folder with its marker is the phone’s, also when the phone has nothing in it', async () => {
  await using it = await stage();
  await mkdir(join(it.ingest, '.stfolder'));
  expect(await it.look('.stfolder')).toBe('ok');
});

test('one without is not, whatever is in it', async () => {
  await using it = await stage();
  await writeFile(join(it.ingest, 'photo.jpg'), 'x');
  expect(await it.look('.stfolder')).toBe('missing');
  expect(await it.look('DCIM')).toBe('missing');
});

test('where no marker is asked for, an empty folder is taken for an unmounted disk', async () => {
  await using it = await stage();
  expect(await it.look(null)).toBe('missing');
  await writeFile(join(it.ingest, 'photo.jpg'), 'x');
  expect(await it.look(null)).toBe('ok');
});

test('and one that had Syncthing’s marker once has to have it from then on', async () => {
  await using it = await stage();
  await mkdir(join(it.ingest, '.stfolder'));
  await writeFile(join(it.ingest, 'photo.jpg'), 'x');
  expect(await it.look(null)).toBe('ok');
  await rm(join(it.ingest, '.stfolder'), { recursive: true });
  expect(await it.look(null)).toBe('missing');
});

test('no folder, and a file in its place, are missing; what can not be listed is unreadable', async () => {
  await using it = await stage();
  await rm(it.ingest, { recursive: true });
  expect(await it.look('.stfolder')).toBe('missing');
  await writeFile(it.ingest, '');
  expect(await it.look('.stfolder')).toBe('missing');
  const tooLong = join(it.ingest, '..', 'n'.repeat(300));
  expect(await lookAtIngest({ ingest: tooLong, marker: null, seenFile: join(it.ingest, '../state/m') })).toBe(
    'unreadable',
  );
});

test('what marks it is what Syncthing last called it, but nothing that is there without its disk, or outside', () => {
  const syncthing = { url: '', apiKeyFile: '', folderId: '', certificateFile: null };
  const of = (marker?: string) => markerOf({ syncthing }, marker === undefined ? null : { marker });
  expect([of(), of(''), of('DCIM/Camera'), of('..data/')]).toEqual(['.stfolder', '.stfolder', 'DCIM/Camera', '..data']);
  expect([of('.'), of('./'), of('DCIM/..')]).toEqual([null, null, null]);
  expect([of('..'), of('a/../../b'), of('/etc'), of('a\0b')]).toEqual(Array(4).fill('.stfolder'));
  expect(markerOf({ syncthing: null }, { marker: 'DCIM' })).toBe(null);
});
