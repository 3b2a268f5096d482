import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resticBinaries } from '../../../../test/helpers/restic.ts';
import { argvOf, type ResticSettings } from './invoke.ts';
import { openRestic } from './restic.ts';

const store = new URL('testing/stdio-store.ts', import.meta.url).pathname;
const keep = { daily: 1 };

/** A restic with a repository, a password and some files of its own. */
const workshop = async (binary: string, more: Partial<ResticSettings> = {}) => {
  const directory = await mkdtemp(join(tmpdir(), 'berth-restic-'));
  const at = (name: string) => join(directory, name);
  await mkdir(at('files/sub'), { recursive: true });
  await writeFile(at('files/sub/a'), 'a');
  await writeFile(at('files/b'), randomBytes(200_000));
  await writeFile(at('password'), 'correct horse\n', { mode: 0o600 });
  const settings: ResticSettings = {
    binary,
    repository: at('repo'),
    passwordFile: at('password'),
    cacheDirectory: at('cache'),
    env: process.env,
    ...more,
  };
  const open = (changes: Partial<ResticSettings> = {}) => openRestic({ ...settings, ...changes });
  const request = { paths: [at('files')], host: 'laptop', tags: ['berth'] };
  return { at, open, request, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
};

const largestFile = async (directory: string): Promise<string> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ name, parentPath }) => join(parentPath, name));
  const sizes = await Promise.all(files.map(async (file) => ({ file, size: (await stat(file)).size })));
  return sizes.toSorted((one, other) => other.size - one.size)[0]?.file ?? directory;
};

for (const restic of await resticBinaries()) {
  const suite = 'path' in restic ? describe : describe.skip;
  const binary = 'path' in restic ? restic.path : '';
  suite(`restic ${restic.release}${'missing' in restic ? ` (skipped: ${restic.missing})` : ''}`, {
    timeout: 60_000,
  }, () => {
    test('a repository is made, backed up to, listed, thinned, pruned, checked and restored from', async () => {
      await using place = await workshop(binary);
      const it = await place.open();
      expect(await it.init()).toMatchObject({ kind: 'ok', value: { id: expect.stringMatching(/^[0-9a-f]{10,}/) } });
      expect(await it.config()).toMatchObject({ kind: 'ok', value: { version: 2 } });
      const first = await it.backup(place.request, {});
      expect(first).toMatchObject({ kind: 'ok', value: { filesNew: 2, bytesProcessed: 200_001 }, warnings: [] });
      expect(await it.backup(place.request, {})).toMatchObject({ kind: 'ok', value: { filesNew: 0 } });
      const listed = await it.snapshots({ host: 'laptop', tags: ['berth'] }, {});
      expect(listed).toMatchObject({ kind: 'ok', value: [{ hostname: 'laptop', tags: ['berth'] }, {}] });
      const thinned = await it.forget({ host: 'laptop', tags: ['berth'], keep }, {});
      expect(thinned).toMatchObject({ kind: 'ok', value: { kept: 1, removed: 1 } });
      const pruned = await it.prune({ maxUnused: '5%' }, {});
      expect(pruned).toMatchObject({ kind: 'ok', value: { bytesRemaining: expect.any(Number) } });
      expect(await it.check({ readDataSubset: '5%' }, {})).toMatchObject({ kind: 'ok' });
      const paths: string[] = [];
      await it.ls({ snapshot: 'latest', onNode: ({ path }) => paths.push(path) }, {});
      expect(paths).toContain(place.at('files/sub/a'));
      expect(await it.find('a', {}, {})).toMatchObject({ value: [{ matches: [{ path: place.at('files/sub/a') }] }] });
      expect(await it.stats({ mode: 'raw-data' }, {})).toMatchObject({ kind: 'ok', value: { snapshots_count: 1 } });
      expect(await it.keys()).toMatchObject({ kind: 'ok', value: [{ current: true }] });
      expect(await it.restore({ snapshot: 'latest', target: place.at('back') }, {})).toMatchObject({ kind: 'ok' });
      const back = await readFile(join(place.at('back'), place.at('files/b')));
      expect(back.equals(await readFile(place.at('files/b')))).toBe(true);
    });

    test('forget never touches snapshots of another host or without the tag, and the floor keeps what is young', async () => {
      await using place = await workshop(binary);
      const it = await place.open();
      await it.init();
      for (const host of ['laptop', 'laptop', 'other', 'other']) await it.backup({ ...place.request, host }, {});
      await it.backup({ ...place.request, tags: [] }, {});
      const floor = await it.forget({ host: 'laptop', tags: ['berth'], keep: { ...keep, withinHours: 1 } }, {});
      expect(floor).toMatchObject({ value: { kept: 2, removed: 0 } });
      const thinned = await it.forget({ host: 'laptop', tags: ['berth'], keep }, {});
      expect(thinned).toMatchObject({ value: { kept: 1, removed: 1 } });
      expect(await it.snapshots({}, {})).toMatchObject({ value: [{}, {}, {}, {}] });
      const nobody = await it.forget({ host: 'nobody', tags: ['berth'], keep }, {});
      expect(nobody).toMatchObject({ kind: 'ok', value: { kept: 0, removed: 0 } });
    });

    test('a missing repository, a wrong password, an existing repository and an unknown snapshot are told apart', async () => {
      await using place = await workshop(binary);
      const it = await place.open();
      expect(await it.config()).toMatchObject({ kind: 'no-repository' });
      expect(await it.backup(place.request, {})).toMatchObject({ kind: 'no-repository' });
      await it.init();
      expect(await it.init()).toMatchObject({ kind: 'repository-exists' });
      await writeFile(place.at('other'), 'wrong\n');
      const wrong = await place.open({ passwordFile: place.at('other') });
      expect(await wrong.snapshots({}, {})).toMatchObject({ kind: 'wrong-password' });
      expect(await it.restore({ snapshot: 'latest', target: place.at('back') }, {})).toMatchObject({
        kind: 'no-snapshot',
      });
    });

    test('a path that does not exist makes a backup incomplete, though restic ends with 0', async () => {
      await using place = await workshop(binary);
      const it = await place.open();
      await it.init();
      const result = await it.backup({ ...place.request, paths: [...place.request.paths, '/nowhere'] }, {});
      expect(result).toMatchObject({ kind: 'incomplete', warnings: ['/nowhere does not exist, skipping'] });
    });

    test('a file that can not be read makes a backup incomplete and is named', async () => {
      await using place = await workshop(binary);
      const it = await place.open();
      await it.init();
      // Even root can't read a folder that vanishes under it; a process file that always fails is the steady way.
      const result = await it.backup({ ...place.request, paths: [...place.request.paths, '/proc/self/mem'] }, {});
      expect(result).toMatchObject({ kind: 'incomplete', itemErrorCount: 1 });
      expect(result.itemErrors[0]?.item).toBe('/proc/self/mem');
    });

    test('damage is told from any other failure', async () => {
      await using place = await workshop(binary);
      const it = await place.open();
      await it.init();
      await it.backup(place.request, {});
      await rm(await largestFile(place.at('repo/data')));
      expect(await it.check({ readDataSubset: null }, {})).toMatchObject({ kind: 'damaged' });
    });

    test('cancelled, restic is interrupted, and what it leaves behind is unlocked without force', async () => {
      await using place = await workshop(binary, { limits: { uploadKiB: 20 }, graceMs: 1000 });
      const it = await place.open();
      await (await place.open({ limits: {} })).init();
      await writeFile(place.at('files/big'), randomBytes(2_000_000));
      const abort = new AbortController();
      const running = it.backup(place.request, { signal: abort.signal });
      await expect.poll(() => readdir(place.at('repo/locks')), { timeout: 10_000 }).toHaveLength(1);
      const rival = await place.open({ limits: {} });
      expect(await rival.prune({ maxUnused: '0' }, {})).toMatchObject({ kind: 'locked' });
      abort.abort();
      const started = performance.now();
      expect(await running).toMatchObject({ kind: 'cancelled' });
      expect(performance.now() - started).toBeLessThan(5000);
      expect(await rival.unlock()).toMatchObject({ kind: 'ok' });
      expect(await readdir(place.at('repo/locks'))).toEqual([]);
    });

    test('after its deadline restic is stopped', async () => {
      await using place = await workshop(binary, { limits: { uploadKiB: 20 }, graceMs: 300 });
      await (await place.open({ limits: {} })).init();
      await writeFile(place.at('files/big'), randomBytes(2_000_000));
      expect(await (await place.open()).backup(place.request, { deadlineMs: 1500 })).toMatchObject({
        kind: 'deadline',
      });
    });

    test('a full receiver, a refusing one and a cut connection end restic at once instead of after its 15 minutes', async () => {
      await using place = await workshop(binary, { graceMs: 2000 });
      await (await place.open()).init();
      const through = (fault: string) =>
        place.open({
          repository: 'rclone:receive',
          options: [`rclone.program=${process.execPath} ${store} ${fault} ${place.at('repo')}`, 'rclone.args='],
        });
      expect(await (await through('none')).config()).toMatchObject({ kind: 'ok' });
      expect(await (await through('full')).backup(place.request, {})).toMatchObject({ kind: 'out-of-space' });
      expect(await (await through('refuse')).backup(place.request, {})).toMatchObject({ kind: 'refused' });
      expect(await (await through('cut')).backup(place.request, {})).toMatchObject({ kind: 'connection-cut' });
      await (await place.open()).unlock({ all: true });
      expect(await (await through('none')).backup(place.request, {})).toMatchObject({ kind: 'ok' });
    });

    test('no variable of the person redirects restic, and nice and ionice stand in front of it', async () => {
      const env = {
        ...process.env,
        RESTIC_REPOSITORY: '/x',
        RESTIC_PASSWORD: 'secret',
        AWS_ACCESS_KEY_ID: 'k',
        RESTIC_HOST: 'h',
      };
      await using place = await workshop(binary, { env, priority: { nice: 10, ionice: 'idle' } });
      await mkdir(place.at('bin'));
      await writeFile(
        place.at('bin/restic'),
        `#!/bin/sh\nenv >> ${place.at('seen')}\nnice >> ${place.at('seen')}\nexec ${binary} "$@"\n`,
      );
      await chmod(place.at('bin/restic'), 0o755);
      const it = await place.open({ binary: place.at('bin/restic') });
      expect(await it.init()).toMatchObject({ kind: 'ok' });
      const seen = await readFile(place.at('seen'), 'utf8');
      expect(seen).not.toMatch(/secret|RESTIC_|AWS_/);
      expect(seen.trim().split('\n').at(-1)).toBe('10');
    });
  });
}

test('the password is in no argument, only the name of its file', () => {
  const version = { major: 0, minor: 14, patch: 0, text: '0.14.0' };
  const settings = { repository: 'r', passwordFile: '/p', cacheDirectory: '/c', env: {}, limits: { uploadKiB: 0.2 } };
  const argv = argvOf({ settings, version }, ['check']);
  expect(argv).toEqual([
    'restic',
    '--json',
    '--repo',
    'r',
    '--password-file',
    '/p',
    '--cache-dir',
    '/c',
    '--limit-upload',
    '1',
    'check',
  ]);
});

test('a restic that is missing, too old or none at all says what to install', async () => {
  await using place = await workshop('/nonexistent/restic');
  await expect(place.open()).rejects.toMatchObject({ code: 'restic-missing' });
  for (const [words, code] of [
    ['restic 0.12.1 compiled', 'restic-too-old'],
    ['rustic 1', 'restic-broken'],
  ]) {
    await writeFile(place.at('old'), `#!/bin/sh\necho ${words}\n`);
    await chmod(place.at('old'), 0o755);
    await expect(place.open({ binary: place.at('old') })).rejects.toMatchObject({ code });
  }
});
