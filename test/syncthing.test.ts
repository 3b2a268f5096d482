import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { ignoreTemplate } from '../packages/server/src/ingest/ignore-template.ts';
import { refusalOf } from '../packages/server/src/ingest/syncthing/refusal.ts';
import type { ToWatcher } from '../packages/server/src/ingest/watch/link.ts';
import type { SyncthingPair } from '../scripts/syncthing/pair.ts';
import { syncthingPair } from './helpers/syncthing.ts';
import { startWatcher, type WatcherProgram } from './helpers/watcher.ts';

const write = async (path: string, content: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
};

/** Files of a folder, sorted, without what is Syncthing's own. */
const filesOf = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const names = files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
  return names.filter((name) => !/^\.st(folder|ignore)/.test(name)).sort();
};

describe('the ignore patterns', () => {
  const kept = {
    android: [
      ...['DCIM/Camera/IMG_1.jpg', 'Pictures/Screenshots/a.png', 'Download/tickets.pdf', 'Documents/cache/plan.txt'],
      ...['Android/media/com.whatsapp/WhatsApp/Media/WhatsApp Images/IMG-1.jpg', 'Android/data.txt', '.nomedia'],
    ],
    ios: ['Photos/IMG_1.HEIC', 'Notes/a.md', 'Photos/trip.icloud.jpg'],
  };
  const left = {
    android: [
      ...['Android/data/com.example/files/a.db', 'Android/obb/com.example/main.obb', 'DCIM/Camera/.pending-17-b.jpg'],
      ...['DCIM/Camera/.trashed-1735-IMG_2.jpg', 'DCIM/.thumbnails/1.jpg', 'DCIM/.thumbdata4--1', '.Trash-0/a.jpg'],
      ...['Android/media/com.whatsapp/WhatsApp/Media/.Statuses/1.jpg', 'Download/film.mp4.crdownload'],
      ...['Android/media/com.whatsapp/WhatsApp/.Shared/2.jpg', 'Pictures/.cache/3', '.DS_Store', 'Music/Thumbs.db'],
    ],
    ios: ['.Trash/IMG_2.HEIC', 'Photos/.IMG_3.HEIC.icloud', 'Photos/.pending-4', 'Notes/.DS_Store', 'b.part'],
  };

  test.each(['android', 'ios'] as const)(
    '%s: a real Syncthing takes them, and means the same by them',
    async (system) => {
      await using pair = await syncthingPair();
      const { phone, nas, folderId } = pair;
      const ignore = ignoreTemplate(system).split('\n');
      const answer = await phone.api(`/db/ignores?folder=${folderId}`, { method: 'POST', body: { ignore } });
      const { expanded, error } = z
        .object({ expanded: z.array(z.string()), error: z.string().nullish() })
        .parse(await phone.api(`/db/ignores?folder=${folderId}`));
      expect(answer).not.toContain('error');
      expect(error ?? '').toBe('');
      const patterns = ignore.filter((line) => line !== '' && !line.startsWith('//'));
      for (const pattern of patterns) {
        const bare = pattern.replace('(?d)', '').replace(/^\//, '');
        expect(expanded.some((line) => line.includes(bare))).toBe(true);
      }
      for (const path of [...kept[system], ...left[system]]) await write(join(phone.folder, path), path);
      await pair.waitInSync();
      expect(await filesOf(nas.folder)).toEqual(kept[system].toSorted());
    },
  );
});

describe('the watcher of a real Syncthing', () => {
  const name = 'lisa-phone';
  let pair: SyncthingPair;
  let watcher: WatcherProgram;
  const watched = (change: Partial<ToWatcher['phones'][number]> = {}) => ({
    ...{ name, url: pair.nas.url, key: pair.nas.key, folderId: pair.folderId, certificate: null },
    ...change,
  });
  const untilUp = (isSo: (state: { readonly quiet: boolean | null; readonly paused: string }) => boolean) =>
    watcher.until(name, (state) => state.kind === 'up' && isSo(state));
  const untilChanged = (before: number) =>
    vi.waitFor(() => expect(watcher.changes(name)).toBeGreaterThan(before), { timeout: 60_000, interval: 50 });

  beforeAll(async () => {
    pair = await syncthingPair();
    watcher = startWatcher();
    await write(join(pair.phone.folder, 'DCIM/first.jpg'), 'first');
    await pair.waitInSync();
    watcher.tell([watched()]);
  });
  afterAll(async () => {
    await watcher[Symbol.asyncDispose]();
    await pair[Symbol.asyncDispose]();
  });

  test('it is up and quiet, and the phone is seen', async () => {
    const state = await untilUp(({ quiet }) => quiet === true);
    expect(state).toMatchObject({
      ...{ needItems: 0, pullErrors: 0, paused: 'no', error: null, folderType: 'receiveonly', ignoresDeletes: false },
      ...{ markerName: '.stfolder', version: expect.stringMatching(/^v\d+\.\d+\.\d+/) },
      phoneSeenAt: expect.stringMatching(/Z$/),
    });
    expect(watcher.said).toContainEqual({ type: 'applied' });
  });

  test('a file that comes, and one that goes, is a change; it is quiet again after it', async () => {
    for (const act of [
      () => write(join(pair.phone.folder, 'DCIM/second.jpg'), 'second'),
      () => rm(join(pair.phone.folder, 'DCIM/second.jpg')),
    ]) {
      const before = watcher.changes(name);
      await act();
      await pair.waitInSync();
      await untilChanged(before);
    }
    await untilUp(({ quiet }) => quiet === true);
  });

  test('while a large one is on its way it is not quiet', async () => {
    await pair.throttle(500);
    await writeFile(join(pair.phone.folder, 'DCIM/film.mp4'), Buffer.alloc(3 * 1024 ** 2, 'film'));
    await pair.scan();
    await untilUp(({ quiet }) => quiet === false);
    await pair.throttle(0);
    await pair.waitInSync();
    await untilUp(({ quiet }) => quiet === true);
  });

  test('a pause of the folder, and one of the phone, and the end of them', async () => {
    await pair.pause('nas', true);
    await untilUp(({ paused, quiet }) => paused === 'folder' && quiet === null);
    await pair.pause('nas', false);
    await untilUp(({ paused }) => paused === 'no');
    const device = `/config/devices/${pair.phone.deviceId}`;
    await pair.nas.api(device, { method: 'PATCH', body: { paused: true } });
    await untilUp(({ paused }) => paused === 'phone');
    await pair.nas.api(device, { method: 'PATCH', body: { paused: false } });
    await untilUp(({ paused }) => paused === 'no');
  });

  test('its marker is gone: an error, and nobody waits for quiet', async () => {
    await rm(join(pair.nas.folder, '.stfolder'), { recursive: true });
    await pair.nas.api(`/db/scan?folder=${pair.folderId}`, { method: 'POST' }).catch(() => undefined);
    const state = await watcher.until(name, (now) => now.kind === 'up' && now.error !== null);
    expect(state).toMatchObject({ quiet: null, error: expect.stringContaining('marker') });
    await mkdir(join(pair.nas.folder, '.stfolder'));
    await pair.nas.api(`/db/scan?folder=${pair.folderId}`, { method: 'POST' });
    await watcher.until(name, (now) => now.kind === 'up' && now.error === null);
  });

  test('it is stopped: down; it is back, with ids that begin anew: up, and a change', async () => {
    await pair.nas.kill();
    await watcher.until(name, ({ kind }) => kind === 'down');
    const before = watcher.changes(name);
    await pair.nas.start();
    await untilUp(() => true);
    await untilChanged(before);
    const again = watcher.changes(name);
    await write(join(pair.phone.folder, 'DCIM/third.jpg'), 'third');
    await pair.waitInSync();
    await untilChanged(again);
  });

  test('a wrong key, and a folder that it does not have', async () => {
    watcher.tell([watched({ key: 'x'.repeat(32) })]);
    const state = await watcher.until(name, ({ kind }) => kind === 'refused');
    expect(state).toMatchObject({ why: 'key', detail: expect.stringContaining('403') });
    watcher.tell([watched({ folderId: 'another' })]);
    await watcher.until(name, ({ kind }) => kind === 'unknown-folder');
  });

  test('what it says to a name that is none of its own, and to no key at all, is told apart', async () => {
    const { port } = new URL(pair.nas.url);
    const asked = async (headers: Readonly<Record<string, string>>): Promise<unknown> => {
      const [response]: IncomingMessage[] = await once(
        get({ host: '127.0.0.1', port, path: '/rest/system/status', headers, agent: false }),
        'response',
      );
      if (response === undefined) throw new Error('no answer');
      return refusalOf({ status: response.statusCode ?? 0, headers: {}, body: await text(response) });
    };
    expect(await asked({ 'X-API-Key': pair.nas.key, Host: 'nas.lan' })).toMatchObject({ why: 'host-check' });
    expect(await asked({})).toMatchObject({ why: 'key' });
  });

  test('over TLS with the certificate that it made itself, and with no other', async () => {
    const certificate = await readFile(join(pair.nas.home, 'https-cert.pem'), 'utf8');
    const another = await readFile(join(pair.phone.home, 'https-cert.pem'), 'utf8');
    const url = pair.nas.url.replace('http:', 'https:');
    await pair.nas.api('/config/gui', { method: 'PATCH', body: { useTLS: true } });
    watcher.tell([watched({ url, certificate })]);
    await untilUp(() => true);
    for (const other of [another, null]) {
      watcher.tell([watched({ url, certificate: other })]);
      const state = await watcher.until(name, ({ kind }) => kind === 'refused');
      expect(state).toMatchObject({ why: 'certificate' });
      watcher.tell([watched({ url, certificate })]);
      await untilUp(() => true);
    }
  });

  test('it ends with its input, and no key was ever in its log', async () => {
    expect(await watcher.end()).toBe(0);
    expect(watcher.log()).not.toContain(pair.nas.key);
    expect(JSON.stringify(watcher.said)).not.toContain(pair.nas.key);
  });
});

test('the watcher understands the Syncthing of Debian 13, too', async () => {
  await using pair = await syncthingPair({ suite: 'trixie' });
  await using watcher = startWatcher();
  const phone = { name: 'tablet', url: pair.nas.url, key: pair.nas.key, folderId: pair.folderId, certificate: null };
  const isUp = (change: object) => (state: object) => isMatch({ ...state }, { kind: 'up', ...change });
  watcher.tell([phone]);
  const state = await watcher.until('tablet', isUp({ paused: 'no' }));
  expect(state).toMatchObject({ version: expect.stringMatching(/^v1\.29\./), phoneSeenAt: expect.any(String) });
  const before = watcher.changes('tablet');
  await write(join(pair.phone.folder, 'DCIM/first.jpg'), 'first');
  await pair.waitInSync();
  await vi.waitFor(() => expect(watcher.changes('tablet')).toBeGreaterThan(before), { timeout: 60_000, interval: 50 });
  await watcher.until('tablet', isUp({ quiet: true, needItems: 0 }));
  await pair.pause('nas', true);
  await watcher.until('tablet', isUp({ quiet: null, paused: 'folder', error: null }));
  watcher.tell([{ ...phone, key: 'x'.repeat(32) }]);
  await watcher.until('tablet', (now) => now.kind === 'refused' && now.why === 'key');
  watcher.tell([{ ...phone, folderId: 'another' }]);
  await watcher.until('tablet', ({ kind }) => kind === 'unknown-folder');
});

const isMatch = (value: Readonly<Record<string, unknown>>, wanted: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(wanted).every(([name, one]) => value[name] === one);
