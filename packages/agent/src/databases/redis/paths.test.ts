import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EngineWorld } from '../engine.ts';
import { redisDatabase, redisSchema } from '../redis.ts';
import { testWorld } from '../testing.ts';

const never = new AbortController().signal;
const dump = async function* (): AsyncGenerator<Uint8Array> {
  yield Buffer.from('REDIS0011 what is in the keys');
};

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'redis-paths-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A world whose redis-cli hears these settings from the server. */
const told = (settings: Readonly<Record<string, string>>): EngineWorld =>
  testWorld({
    state: join(folder, 'state'),
    run: async (_place, { argv, onStdout }) => {
      const words: readonly string[] = argv;
      const asked = words.at(-1) ?? '';
      const info = 'aof_rewrite_in_progress:0\naof_rewrite_scheduled:0\n';
      const said = words.at(-2) === 'GET' ? `${asked}\n${settings[asked] ?? ''}\n` : asked === 'INFO' ? info : 'OK\n';
      await onStdout?.(Buffer.from(said));
      return { code: 0, stderr: [] };
    },
    quiesce: {
      down: async () => ({
        signal: never,
        up: async () => ({ downMs: 0, meanwhile: [], warnings: [] }),
        [Symbol.asyncDispose]: async () => undefined,
      }),
    },
  });

const entry = (more: object) =>
  redisDatabase(redisSchema.parse({ engine: 'redis', stop: { unit: 'redis-server.service' }, ...more }));

describe('what a server says of its files', () => {
  const restore = (data: string | null, settings: Readonly<Record<string, string>>) => {
    const database = entry({ data });
    return database.restore(
      { database: null, file: 'redis.rdb' as never, form: 'stream' },
      { kind: 'stream', chunks: dump() },
      { kind: 'live' },
      told({ appendonly: 'no', ...settings }),
      never,
    );
  };

  test('sends no restore out of its folder', async () => {
    const data = join(folder, 'data');
    await mkdir(data);
    for (const dbfilename of ['../cron', '/etc/cron.d/x', '..', 'a/b']) {
      await expect(restore(data, { dir: data, dbfilename })).rejects.toMatchObject({ code: 'database-refused' });
    }
    expect(await readdir(folder)).toEqual(['data']);
    await restore(data, { dir: data, dbfilename: 'dump.rdb' });
    expect(await readFile(join(data, 'dump.rdb'), 'utf8')).toContain('REDIS');
  });

  test.skipIf(process.getuid?.() !== 0)(
    'sends root into no folder of root’s that agent.yaml does not name',
    async () => {
      const data = join(folder, 'cron.d');
      await mkdir(data);
      await expect(restore(null, { dir: data, dbfilename: 'job' })).rejects.toMatchObject({ code: 'restore-refused' });
      expect(await readdir(data)).toEqual([]);
    },
  );
});

describe('the append-only files', () => {
  const stage = async () => {
    const data = join(folder, 'data');
    await mkdir(join(data, 'appendonlydir'), { recursive: true });
    await writeFile(join(data, 'appendonlydir', 'appendonly.aof.manifest'), 'file a seq 1 type b\n');
    await mkdir(join(folder, 'to'));
    const database = entry({ data, form: 'aof' });
    const settings = { 'auto-aof-rewrite-percentage': '100', appenddirname: 'appendonlydir', appendonly: 'yes' };
    const copy = (more: Readonly<Record<string, string>> = {}) =>
      database.dump(
        { database: null, file: 'redis' as never, form: 'folder' },
        { kind: 'folder', path: join(folder, 'to') },
        told({ ...settings, ...more }),
        never,
      );
    return { data, copy };
  };

  test('are copied, and a link or a pipe among them is not followed', async () => {
    const { data, copy } = await stage();
    await copy();
    expect(await readdir(join(folder, 'to', 'appendonlydir'))).toEqual(['appendonly.aof.manifest']);
    await rm(join(folder, 'to', 'appendonlydir'), { recursive: true });
    await writeFile(join(folder, 'secret'), 'of somebody else');
    await symlink(join(folder, 'secret'), join(data, 'appendonlydir', 'x.aof'));
    await expect(copy()).rejects.toMatchObject({ code: 'dump-failed' });
    await rm(join(folder, 'to', 'appendonlydir'), { recursive: true });
    await rm(join(data, 'appendonlydir', 'x.aof'));
    await execa('mkfifo', [join(data, 'appendonlydir', 'x.aof')]);
    await expect(copy()).rejects.toMatchObject({ code: 'dump-failed' });
  });

  test('lie in a folder of the server’s, whatever it calls that', async () => {
    const { copy } = await stage();
    await expect(copy({ appenddirname: '../../etc' })).rejects.toMatchObject({ code: 'database-refused' });
  });
});
