import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRestic } from '@berth/common/restic/restic.ts';
import { test as anyTest, expect } from 'vitest';
import { takeSnapshotsBy } from '../packages/agent/src/filesystems/take.ts';
import { openBook } from '../packages/agent/src/recover/book.ts';
import { isRunning } from '../packages/agent/src/recover/process.ts';
import { recover } from '../packages/agent/src/recover/recover.ts';
import { recoverWorld } from '../packages/agent/src/recover/world.ts';
import { execOn } from '../packages/agent/src/services/exec.ts';
import { withBtrfs } from './helpers/btrfs.ts';
import { isRoot } from './helpers/receiver.ts';
import { resticBinaries } from './helpers/restic.ts';

if (!isRoot) console.warn('skipped: test/btrfs.test.ts: only root mounts a file system');
const test = anyTest.skipIf(!isRoot);

const binaries = await resticBinaries();
const never = new AbortController().signal;

/** A btrfs with a subvolume below another, a read-only one, and a tmpfs in the middle. */
const stage = async () => {
  await using stack = new AsyncDisposableStack();
  const disk = stack.use(await withBtrfs());
  const data = join(disk.disk, "the data's");
  await disk.run('btrfs', 'subvolume', 'create', data);
  await writeFile(join(data, 'plain'), 'as it was\n');
  await disk.run('btrfs', 'subvolume', 'create', join(data, 'nested'));
  await writeFile(join(data, 'nested/inner'), 'as it was\n');
  await disk.run('btrfs', 'subvolume', 'create', join(data, 'nested/deep er'));
  await writeFile(join(data, 'nested/deep er/file'), 'as it was\n');
  await disk.run('btrfs', 'subvolume', 'snapshot', '-r', join(data, 'nested'), join(data, 'old'));
  await mkdir(join(data, 'memory'));
  await disk.run('mount', '-t', 'tmpfs', '-o', 'size=1m', 'berth-test', join(data, 'memory'));
  await writeFile(join(data, 'memory/below'), 'from memory\n');
  const state = join(data, 'state');
  await mkdir(state);
  await writeFile(join(state, 'ours'), 'before\n');
  const home = { unfinished: join(disk.beside, 'unfinished.json'), state: disk.beside };
  const exec = execOn(disk.env);
  const things = openBook(home.unfinished, () => new Date());
  const take = takeSnapshotsBy({ things, exec, uid: 0, oneFileSystem: false });
  /** Snapshots of ours, anywhere in it. */
  const left = async (): Promise<readonly string[]> =>
    (await disk.run('btrfs', 'subvolume', 'list', disk.disk)).split('\n').filter((line) => line.includes('.berth-'));
  const moved = stack.move();
  return { disk, data, state, home, exec, things, take, left, [Symbol.asyncDispose]: () => moved.disposeAsync() };
};

const resticOn = async (disk: Awaited<ReturnType<typeof withBtrfs>>, binary: string, prefix: readonly string[]) => {
  const passwordFile = join(disk.beside, 'password');
  await writeFile(passwordFile, 'no secret\n', { mode: 0o600 });
  const repository = join(disk.beside, 'repository');
  const cacheDirectory = join(disk.beside, 'cache');
  return openRestic({ binary, repository, passwordFile, cacheDirectory, env: disk.env, prefix });
};

for (const binary of binaries) {
  anyTest.skipIf(!isRoot || 'missing' in binary)(
    `restic ${binary.release} reads a snapshot under the live paths, with all that lies below, and finds nothing changed the next day`,
    async () => {
      if ('missing' in binary) return;
      await using place = await stage();
      const { disk, data } = place;
      const request = { paths: [data], host: 'box', tags: ['berth'] };
      const live = await resticOn(disk, binary.path, []);
      await live.init();
      const first = await live.backup(request, {});
      {
        await using taken = await place.take([data], [place.state], never);
        expect(taken.covered).toEqual([]);
        expect(taken.live).toEqual([{ path: data, why: expect.stringContaining('tmpfs knows no snapshots') }]);
        await writeFile(join(data, 'plain'), 'changed while it was copied\n');
        await writeFile(join(data, 'nested/deep er/file'), 'changed too\n');
        await writeFile(join(place.state, 'ours'), 'after\n');
        const restic = await resticOn(disk, binary.path, taken.prefix);
        const second = await restic.backup(request, {});
        if (first.kind !== 'ok' || second.kind !== 'ok') throw new Error(JSON.stringify([first, second]));
        // Only berth's own file, which is read live, is not as it was.
        expect(second.value).toMatchObject({ filesNew: 0, filesChanged: 1 });
        expect(second.value.filesUnmodified).toBe(first.value.filesNew - 1);
      }
      expect(await place.left()).toEqual([]);
      const target = join(disk.beside, 'restored');
      await disk.run(
        binary.path,
        '-r',
        join(disk.beside, 'repository'),
        '-p',
        join(disk.beside, 'password'),
        '--no-cache',
        'restore',
        'latest',
        '--target',
        target,
      );
      const restored = (path: string): Promise<string> => readFile(join(target, data, path), 'utf8');
      for (const path of ['plain', 'nested/inner', 'nested/deep er/file', 'old/inner']) {
        expect(await restored(path)).toBe('as it was\n');
      }
      expect(await restored('memory/below')).toBe('from memory\n');
      expect(await restored('state/ours')).toBe('after\n');
      expect((await readdir(join(target, data))).filter((name) => name.startsWith('.berth'))).toEqual([]);
    },
  );
}

test('a folder below a subvolume, with nothing of another kind in it, is covered whole', async () => {
  await using place = await stage();
  const nested = join(place.data, 'nested');
  await using taken = await place.take([nested, '/proc/self', join(place.data, 'gone')], [], never);
  expect(taken.covered).toEqual([nested]);
  expect(taken.live.map(({ why }) => why)).toEqual(['proc knows no snapshots', 'it is not there']);
});

test('a snapshot that can not be taken leaves its path live, with nothing of it', async () => {
  await using place = await stage();
  const take = takeSnapshotsBy({
    ...{ things: place.things, uid: 0, oneFileSystem: false },
    exec: async (argv, ...rest) => {
      if (argv[2] === 'snapshot') return { code: 1, stdout: '', stderr: 'ERROR: no space left' };
      return place.exec(argv, ...rest);
    },
  });
  await using taken = await take([place.data], [], never);
  expect(taken).toMatchObject({ covered: [], prefix: [] });
  expect(taken.live[0]?.why).toContain('no space left');
  expect(await place.things.entries()).toEqual([]);
});

for (const point of ['snapshot-noted', 'snapshot-taken', 'copy']) {
  test(`killed at ${point}, recover leaves no snapshot, no mount, no program and no loop device`, async () => {
    await using place = await stage();
    const { disk, data } = place;
    await disk.run('umount', join(data, 'memory'));
    const argv = [join(import.meta.dirname, 'helpers/snapshot-holder.ts'), place.home.unfinished, point, data];
    const holder = spawn(process.execPath, argv, { env: disk.env, stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const text of holder.stdout) if (String(text).includes('ready')) break;
    if (point !== 'snapshot-noted') expect(await place.left()).not.toEqual([]);
    holder.kill('SIGKILL');
    await new Promise((resolve) => holder.once('close', resolve));
    const noted = (await place.things.entries()).map(({ thing }) => thing);
    const end = await recover(place.home, recoverWorld({ home: place.home, env: disk.env, config: null }), never);
    expect(end.broken).toBeNull();
    expect(end.things.map(({ outcome }) => outcome)).toEqual(noted.map(() => 'done'));
    expect(await place.left()).toEqual([]);
    for (const thing of noted) {
      if (thing.kind === 'folder') await expect(stat(thing.path)).rejects.toThrow('ENOENT');
      if (thing.kind === 'process') expect(await isRunning(thing)).toBe(false);
    }
    await expect(stat(place.home.unfinished)).rejects.toThrow('ENOENT');
    await disk.unmount();
    expect(await disk.devices()).toBe('');
    await rm(disk.image);
  });
}
