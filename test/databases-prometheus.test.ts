import { readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { blocksVerifier, isBlock } from '../packages/agent/src/databases/prometheus/blocks.ts';
import { prometheusDatabase, prometheusSchema } from '../packages/agent/src/databases/prometheus.ts';
import { expectEngine } from './helpers/engines/contract.ts';
import { type StoringPrometheus, withPrometheus } from './helpers/engines/prometheus.ts';
import { unitOf, withRepository } from './helpers/engines/repository.ts';

const release = '0.14';
let server: StoringPrometheus;
beforeAll(async () => {
  server = await withPrometheus();
  vi.stubEnv('PATH', `${server.bin}:${process.env['PATH']}`);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
});

const entry = (more: Readonly<Record<string, unknown>> = {}) =>
  prometheusDatabase(prometheusSchema.parse({ engine: 'prometheus', url: server.url, ...more }));

describe('Prometheus, for real', () => {
  test('its past and its newest samples come back, sample by sample, live and as another folder', async () => {
    // It begins to scrape five seconds after its start.
    await vi.waitFor(async () => expect(await server.samples('up', Date.now() / 1000)).toContain('"1"'), {
      timeout: 60_000,
      interval: 300,
    });
    const until = Date.now() / 1000;
    await sleep(300);
    const database = entry({ data: server.data, stop: { unit: 'prometheus.service' } });
    await using repository = await withRepository(release);
    const world = { ...repository.world, quiesce: server.quiesce };
    const past = await server.samples('shop_orders', until);
    const fresh = await server.samples('up', until);
    expect(past).toContain('"499"');
    expect(fresh).toContain('"1"');
    // It goes on scraping, which is being written to.
    expect(await repository.dump(database)).toMatchObject({
      problem: null,
      dumps: [{ outcome: 'ok', verified: 'tool' }],
    });
    expect(await readdir(join(server.data, 'snapshots'))).toEqual([]);

    await server.kill();
    for (const name of await readdir(server.data)) await rm(join(server.data, name), { recursive: true });
    await server.startOn(server.data);
    expect(await server.samples('shop_orders', until)).toBe('[]');
    const unit = await unitOf(database, null, world);
    const { warnings } = await repository.restore(database, unit, { kind: 'live' }, world);
    expect(warnings.join()).toContain('before-');
    expect(await server.samples('shop_orders', until)).toBe(past);
    expect(await server.samples('up', until)).toBe(fresh);

    const other = join(server.directory, 'other');
    await repository.restore(database, unit, { kind: 'new', name: other }, world);
    await server.startOn(other);
    expect(await server.samples('shop_orders', until)).toBe(past);
    await server.startOn(server.data);

    const restored = join(server.directory, 'restored');
    await repository.restore(database, unit, { kind: 'new', name: restored }, world);
    const [block = ''] = (await readdir(restored)).filter(isBlock);
    await truncate(join(restored, block, 'index'), 0);
    const { signal } = new AbortController();
    await expect(blocksVerifier(restored, world, signal).conclude()).rejects.toMatchObject({ code: 'dump-unverified' });
  });

  test('nothing is restored under a running server that berth cannot stop, and the steps are named', async () => {
    await using repository = await withRepository(release);
    await repository.dump(entry());
    const restoring = repository.restore(entry(), await unitOf(entry(), null, repository.world));
    await expect(restoring).rejects.toMatchObject({
      code: 'restore-refused',
      remedy: expect.stringContaining('chunks_head'),
    });
  });

  test('one that makes no snapshots is told what to start it with', async () => {
    await using closed = await withPrometheus(false);
    await using repository = await withRepository(release);
    expect(await repository.dump(entry({ url: closed.url }))).toMatchObject({
      problem: { code: 'database-refused', remedy: expect.stringContaining('--web.enable-admin-api') },
    });
  });

  test('a snapshot that a killed run left is removed by its name alone', async () => {
    const answer = await fetch(`${server.url}/api/v1/admin/tsdb/snapshot`, { method: 'POST' });
    const { data } = Object(await answer.json());
    const { signal } = new AbortController();
    await using repository = await withRepository(release);
    await expect(entry().putBack?.('../..', repository.world, signal)).rejects.toThrow('no snapshot');
    await entry().putBack?.(data.name, repository.world, signal);
    expect(await readdir(join(server.data, 'snapshots'))).toEqual([]);
  });
});

expectEngine({
  engine: 'prometheus',
  release,
  subject: () => ({
    database: () => entry(),
    // A folder is filled by the server in one call: there is no middle that berth could see.
    cut: null,
    wrongPassword: null,
    unreachable: () => entry({ url: 'http://127.0.0.1:1' }),
    weird: null,
    secrets: [],
  }),
});
