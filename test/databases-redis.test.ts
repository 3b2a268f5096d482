import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { thingsInMemory } from '../packages/agent/src/databases/testing.ts';
import { withRedis } from './helpers/engines/redis.ts';
import { expectRedis, keepRedis, redisEntry } from './helpers/engines/redis-promises.ts';
import { unitOf, withRepository } from './helpers/engines/repository.ts';

const server = keepRedis('redis');
const release = '0.14';

expectRedis('redis', release, server, () => {
  test('a server that lets nobody replicate is copied by the file it saves', async () => {
    const { ask, digest, fill, quiesce } = server();
    await ask('FLUSHALL');
    await fill(20);
    const before = await digest();
    await using repository = await withRepository(release);
    const world = { ...repository.world, quiesce };
    const database = redisEntry('redis', server(), {
      by: 'bgsave',
      data: server().data,
      stop: { unit: 'redis-server.service' },
    });
    expect(await repository.dump(database)).toMatchObject({ dumps: [{ outcome: 'ok', verified: 'tool' }] });
    await ask('FLUSHALL');
    const { warnings } = await repository.restore(
      database,
      await unitOf(database, null, world),
      { kind: 'live' },
      world,
    );
    expect(warnings.join()).toMatch(/dump\.rdb\.before-/);
    expect(await digest()).toBe(before);
  });

  test('the rights that the documentation names are enough, and one less is told as such', async () => {
    const { ask, password } = server();
    await using repository = await withRepository(release);
    await ask(
      'ACL',
      'SETUSER',
      'backup',
      'reset',
      'on',
      `>${password}`,
      '+ping',
      '+info',
      '+replconf',
      '+sync',
      '+psync',
    );
    const database = redisEntry('redis', server(), { user: 'backup' });
    expect(await repository.dump(database)).toMatchObject({ problem: null, dumps: [{ outcome: 'ok' }] });
    await ask('ACL', 'SETUSER', 'backup', '-sync');
    expect(await repository.dump(database)).toMatchObject({
      dumps: [{ outcome: 'failed', reason: 'database-refused' }],
    });
    expect(await repository.snapshots()).toHaveLength(1);
  });

  test('without a way to stop it nothing is restored under a running server, and the steps are named', async () => {
    const { ask, quiesce, stops } = server();
    await ask('SET', 'mine', 'still here');
    await using repository = await withRepository(release);
    const world = { ...repository.world, quiesce };
    const database = redisEntry('redis', server());
    await repository.dump(database);
    const stopped = stops();
    const restoring = repository.restore(database, await unitOf(database, null, world), { kind: 'live' }, world);
    await expect(restoring).rejects.toMatchObject({
      code: 'restore-refused',
      remedy: expect.stringContaining('--to-file'),
    });
    expect(await ask('GET', 'mine')).toBe('still here');
    expect(stops()).toBe(stopped);
  });

  test('with append-only files dump.rdb would not be read: refused, unless those were what was copied', async () => {
    await using appending = await withRedis('redis', ['--appendonly', 'yes', '--auto-aof-rewrite-percentage', '77']);
    const { ask, digest, data, quiesce } = appending;
    for (let key = 0; key < 20; key += 1) await ask('SET', `key ${key}`, `${key}`.repeat(10_000));
    await using repository = await withRepository(release);
    const things = thingsInMemory();
    const world = { ...repository.world, quiesce, things };
    const more = { data, stop: { unit: 'redis-server.service' } };
    const rdb = redisEntry('redis', appending, more);
    const done = await repository.dump(rdb, { world });
    expect(done).toMatchObject({ dumps: [{ outcome: 'ok' }] });
    expect(done.warnings.join()).toContain('append-only');
    await expect(
      repository.restore(rdb, await unitOf(rdb, null, world), { kind: 'live' }, world),
    ).rejects.toMatchObject({
      code: 'restore-refused',
    });

    const aof = redisEntry('redis', appending, { ...more, name: 'appending', form: 'aof' });
    {
      await using _writing = appending.write();
      await sleep(300);
      expect(await repository.dump(aof, { world })).toMatchObject({ dumps: [{ outcome: 'ok', verified: 'tool' }] });
    }
    await ask('DEL', 'one', 'other');
    const before = await digest();
    expect(things.all).toContainEqual({ kind: 'undo', entry: 'appending', what: 'auto-aof-rewrite-percentage 77' });
    expect(things.open()).toEqual([]);
    expect(await ask('CONFIG', 'GET', 'auto-aof-rewrite-percentage')).toMatch(/77$/);

    // A killed run leaves the setting as it should not be, and recover puts it back.
    await ask('CONFIG', 'SET', 'auto-aof-rewrite-percentage', '0');
    await aof.putBack?.('auto-aof-rewrite-percentage 77', world, new AbortController().signal);
    expect(await ask('CONFIG', 'GET', 'auto-aof-rewrite-percentage')).toMatch(/77$/);

    await ask('FLUSHALL');
    await repository.restore(aof, await unitOf(aof, null, world), { kind: 'live' }, world);
    const [one, other] = [await ask('GET', 'one'), await ask('GET', 'other')];
    expect(one).toBe(other);
    expect(Number(one)).toBeGreaterThan(0);
    await ask('DEL', 'one', 'other');
    expect(await digest()).toBe(before);
    expect(await readdir(data)).toContainEqual(expect.stringContaining('appendonlydir.before-'));
  });
});
