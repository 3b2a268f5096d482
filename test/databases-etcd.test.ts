import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { dumpByEtcdctl, folderVerifier, snapshotFile } from '../packages/agent/src/databases/etcd/folder.ts';
import { etcdDatabase, etcdSchema } from '../packages/agent/src/databases/etcd.ts';
import { expectEngine, weirdName } from './helpers/engines/contract.ts';
import { type RunningEtcd, withEtcd } from './helpers/engines/etcd.ts';
import { unitOf, withRepository } from './helpers/engines/repository.ts';

const release = '0.14';
let etcd: RunningEtcd;
beforeAll(async () => {
  etcd = await withEtcd();
  vi.stubEnv('PATH', `${etcd.bin}:${process.env['PATH']}`);
});
afterAll(async () => {
  await etcd[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
});

const written = (more: Readonly<Record<string, unknown>> = {}) =>
  etcdSchema.parse({ engine: 'etcd', url: etcd.client, user: 'root', password_file: etcd.passwordFile, ...more });
const entry = (more: Readonly<Record<string, unknown>> = {}) => etcdDatabase(written(more));

describe('etcd, for real', () => {
  test('what was there while it was written to comes back, key by key, live and as another folder', async () => {
    const keys = Array.from({ length: 20 }, (_, key) => `key ${key} ${weirdName.slice(1)}`);
    for (const key of keys) await etcd.ctl(['put', key, `value of ${key}`]);
    await using repository = await withRepository(release);
    const world = { ...repository.world, quiesce: etcd.quiesce };
    const database = entry({ data: etcd.data, stop: { unit: 'etcd.service' } });
    let isOver = false;
    const writing = (async () => {
      for (let round = 0; !isOver; round += 1) await etcd.ctl(['txn'], `\nput one ${round}\nput other ${round}\n\n\n`);
    })();
    expect(await repository.dump(database)).toMatchObject({
      problem: null,
      dumps: [{ outcome: 'ok', verified: 'stream' }],
    });
    isOver = true;
    await writing;

    await etcd.ctl(['del', '', '--prefix']);
    await etcd.ctl(['put', 'not', 'of the dump']);
    const unit = await unitOf(database, null, world);
    const { warnings } = await repository.restore(database, unit, { kind: 'live' }, world);
    expect(warnings.join()).toMatch(/member\.before-/);
    const all = await etcd.all();
    for (const key of keys) expect(all.get(key)).toBe(`value of ${key}`);
    expect(all.has('not')).toBe(false);
    expect(all.get('one')).toBe(all.get('other'));

    const other = join(etcd.directory, 'other');
    await repository.restore(database, unit, { kind: 'new', name: other }, world);
    await expect(repository.restore(database, unit, { kind: 'new', name: other }, world)).rejects.toMatchObject({
      code: 'restore-refused',
    });
    await etcd.startOn(other);
    expect(await etcd.all()).toEqual(all);
    await etcd.startOn(etcd.data);
  });

  test('nothing is restored under a running member that berth cannot stop, and the steps are named', async () => {
    await using repository = await withRepository(release);
    await repository.dump(entry());
    const restoring = repository.restore(entry(), await unitOf(entry(), null, repository.world));
    await expect(restoring).rejects.toMatchObject({
      code: 'restore-refused',
      remedy: expect.stringContaining('etcdutl snapshot restore'),
    });
  });

  test('without a user, where users are on, it is told before the dump', async () => {
    await using repository = await withRepository(release);
    const database = entry({ user: null, password_file: null });
    expect(await repository.dump(database)).toMatchObject({ problem: { code: 'database-refused' } });
  });

  test('the folder that etcdctl fills is looked at by etcd’s own tool, which finds half of one broken', async () => {
    await using repository = await withRepository(release);
    const folder = join(repository.directory, 'folder');
    await mkdir(folder);
    const { signal } = new AbortController();
    await dumpByEtcdctl(written(), folder, repository.world, signal);
    const file = snapshotFile(folder);
    expect(await folderVerifier(folder, repository.world, signal).conclude()).toBe('tool');
    const whole = await readFile(file);
    await truncate(file, Math.floor(whole.length / 2));
    await expect(folderVerifier(folder, repository.world, signal).conclude()).rejects.toMatchObject({
      code: 'dump-unverified',
    });
    whole[whole.length - 5000] = (whole.at(-5000) ?? 0) ^ 1;
    await writeFile(file, whole);
    await expect(folderVerifier(folder, repository.world, signal).conclude()).rejects.toMatchObject({
      code: 'dump-unverified',
    });
  });
});

let isFilled = false;
expectEngine({
  engine: 'etcd',
  release,
  subject: async () => {
    if (!isFilled) await etcd.fill(100);
    isFilled = true;
    const wrong = join(etcd.directory, 'wrong');
    await writeFile(wrong, 'wrong\n', { mode: 0o600 });
    return {
      database: () => entry(),
      cut: { database: () => entry(), act: () => etcd.kill() },
      wrongPassword: () => entry({ password_file: wrong }),
      unreachable: () => entry({ url: 'http://127.0.0.1:1' }),
      // What stands in a key is data: the first test has some of this name.
      weird: null,
      secrets: [etcd.password],
    };
  },
});
