import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { homeOf } from '../packages/agent/src/config/home.ts';
import { loadConfig } from '../packages/agent/src/config/load.ts';
import { openRepository } from '../packages/agent/src/transport/repository.ts';
import { differences, Machine } from './helpers/machine.ts';
import { withReceiver } from './helpers/receiver.ts';
import { resticBinaries } from './helpers/restic.ts';

const dump = { host: 'laptop', tags: ['db', 'db:postgres', 'db:shop'], filename: 'postgres-shop.dump' };
const piece = Buffer.alloc(65_536, 'a row of the shop\n');

afterEach(() => vi.unstubAllEnvs());

for (const binary of await resticBinaries()) {
  const title = `restic ${binary.release}: a dump goes over the same line as files, only whole, and latest stays the files`;
  test.skipIf('missing' in binary)(title, async () => {
    if ('missing' in binary) return;
    await using receiver = await withReceiver();
    await using machine = await Machine.make(binary.path);
    await machine.enrol(receiver);
    expect((await machine.berth('backup')).exitCode).toBe(0);

    const home = homeOf({ directory: machine.home, env: process.env, uid: process.getuid?.() ?? 0 });
    const { server: destination } = await loadConfig(home.config);
    vi.stubEnv('PATH', `${dirname(binary.path)}:${process.env['PATH']}`);
    await using repository = await openRepository({ destination, home });
    const { restic } = repository;
    const filesOf = async () => {
      const listed = await restic.snapshots({ tags: ['db'] }, {});
      return 'value' in listed ? listed.value.flatMap(({ paths }) => paths) : listed.words;
    };
    const failing = restic.backupStream(
      dump,
      async (sink) => {
        for (let count = 0; count < 50; count += 1) await sink.write(piece);
        throw new Error('pg_dump ended with code 1');
      },
      {},
    );
    await expect(failing).rejects.toThrow('pg_dump ended with code 1');
    const cut = await restic.backupStream(
      dump,
      async (sink) => {
        for (;;) {
          await sink.write(piece);
          await sleep(5);
        }
      },
      { onStarted: async (pid) => void setTimeout(() => process.kill(pid, 'SIGKILL'), 2000) },
    );
    expect(cut).toMatchObject({ kind: 'failed', words: expect.arrayContaining(['restic was killed by a signal']) });
    await restic.unlock();
    expect(await filesOf()).toEqual([]);

    const made = await restic.backupStream(
      dump,
      async (sink) => {
        for (let count = 0; count < 100; count += 1) await sink.write(piece);
      },
      {},
    );
    expect(made).toMatchObject({ kind: 'ok', value: { bytes: 100 * piece.byteLength } });
    expect(await filesOf()).toEqual(['/postgres-shop.dump']);
    const read: Uint8Array[] = [];
    for await (const chunk of restic.readStream({ snapshot: 'latest', path: '/postgres-shop.dump' }, {}))
      read.push(chunk);
    expect(Buffer.concat(read).equals(Buffer.concat(Array.from({ length: 100 }, () => piece)))).toBe(true);

    const target = join(machine.directory, 'restored');
    expect(await machine.berth('restore', '--target', target, '--verify')).toMatchObject({ exitCode: 0 });
    expect(await differences(machine.files, join(target, machine.files))).toBe('');

    const listed = (await machine.berth('snapshots')).stdout.split('\n');
    expect(listed[0]).toMatch(/^ID +TIME +KIND +HOST +PATHS$/);
    expect(listed[1]).toMatch(/ files /);
    expect(listed.slice(2)).toEqual(['Not listed: 1 of databases. See them with --all.']);
    expect((await machine.berth('snapshots', '--tag', 'db:shop')).stdout).toMatch(
      / database +laptop +\/postgres-shop\.dump$/m,
    );
    const all = JSON.parse((await machine.berth('snapshots', '--all', '--json')).stdout);
    expect(all).toMatchObject([{ kind: 'files' }, { kind: 'database' }]);
    expect(JSON.parse((await machine.berth('snapshots', '--json')).stdout)).toMatchObject([{ kind: 'files' }]);
  });
}
