import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { redisDatabase, redisSchema, valkeySchema } from '../../../packages/agent/src/databases/redis.ts';
import type { ResticRelease } from '../../../scripts/fetch-restic.ts';
import { expectEngine, weirdName } from './contract.ts';
import { type RunningRedis, withRedis } from './redis.ts';
import { unitOf, withRepository } from './repository.ts';

/** One server for a file's tests, with its tools on PATH. */
export const keepRedis = (engine: 'redis' | 'valkey') => {
  let running: RunningRedis | null = null;
  const server = (): RunningRedis => {
    if (running === null) throw new Error('not started');
    return running;
  };
  beforeAll(async () => {
    running = await withRedis(engine);
    vi.stubEnv('PATH', `${running.bin}:${process.env['PATH']}`);
  });
  afterAll(async () => {
    await running?.[Symbol.asyncDispose]();
    vi.unstubAllEnvs();
  });
  return server;
};

/** An entry of agent.yaml for a server of a test. */
export const redisEntry = (
  engine: 'redis' | 'valkey',
  server: Pick<RunningRedis, 'port' | 'passwordFile'>,
  more: Readonly<Record<string, unknown>> = {},
) => {
  const written = { engine, at: { host: '127.0.0.1', port: server.port }, password_file: server.passwordFile, ...more };
  return redisDatabase(engine === 'redis' ? redisSchema.parse(written) : valkeySchema.parse(written));
};

/** What Redis and Valkey both promise. */
export const expectRedis = (
  engine: 'redis' | 'valkey',
  release: ResticRelease,
  server: () => RunningRedis,
  more: () => void = () => undefined,
): void => {
  describe(`${engine}, for real`, () => {
    test('what was there while it was written to comes back, key by key, as it was in one moment', async () => {
      const { ask, digest, fill, quiesce, data } = server();
      await ask('FLUSHALL');
      await fill(100);
      await ask('SET', weirdName, `the value of ${weirdName}`);
      await ask('MSET', 'one', '0', 'other', '0');
      await using repository = await withRepository(release);
      const world = { ...repository.world, quiesce };
      const database = redisEntry(engine, server(), { data, stop: { unit: `${engine}-server.service` } });
      {
        await using _writing = server().write();
        await sleep(300);
        expect(await repository.dump(database)).toMatchObject({ dumps: [{ outcome: 'ok', verified: 'tool' }] });
      }
      const counted = await ask('GET', 'one');
      await ask('DEL', 'one', 'other');
      const before = await digest();

      await ask('FLUSHALL');
      await ask('SET', 'not', 'of the dump');
      const unit = await unitOf(database, null, world);
      const { warnings } = await repository.restore(database, unit, { kind: 'live' }, world);
      expect(warnings).toEqual([]);
      const [one, other] = [await ask('GET', 'one'), await ask('GET', 'other')];
      expect(one).toBe(other);
      expect(Number(one)).toBeGreaterThan(0);
      expect(Number(one)).toBeLessThanOrEqual(Number(counted));
      expect(await ask('GET', weirdName)).toBe(`the value of ${weirdName}`);
      await ask('DEL', 'one', 'other');
      expect(await digest()).toBe(before);
    });

    more();
  });

  expectEngine({
    engine,
    release,
    subject: async () => {
      await server().ask('FLUSHALL');
      await server().fill(300);
      const wrongFile = `${server().passwordFile}.wrong`;
      await writeFile(wrongFile, 'wrong\n', { mode: 0o600 });
      return {
        database: () => redisEntry(engine, server()),
        cut: { database: () => redisEntry(engine, server()), act: () => server().kill() },
        wrongPassword: () => redisEntry(engine, { port: server().port, passwordFile: wrongFile }),
        unreachable: () => redisEntry(engine, { ...server(), port: 1 }),
        // What stands in a key is data: the first test has one of this name.
        weird: null,
        secrets: [server().password],
      };
    },
  });
};
