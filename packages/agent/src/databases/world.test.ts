import { describe, expect, test } from 'vitest';
import type { Container, Containers, ExecRequest } from '../containers/containers.ts';
import type { Place } from './place.ts';
import { testWorld } from './testing.ts';
import { addressIn, placeName } from './world.ts';

const container: Container = {
  id: 'c1',
  name: 'shop-db-1',
  image: 'postgres:15',
  state: 'running',
  startedAt: '2026-11-22T00:00:00Z',
  labels: {},
  compose: null,
  mounts: [],
  addresses: ['172.18.0.2'],
  published: [],
  health: null,
  exitCode: 0,
  stopSeconds: 10,
  joins: [],
};
const never = new AbortController().signal;

describe('where a container is reached', () => {
  test('at the port it publishes here, before any other that it publishes, and else at its own address', () => {
    const published = [
      { inside: 5432, host: '192.168.1.5', port: 15_432 },
      { inside: 5432, host: '0.0.0.0', port: 25_432 },
      { inside: 80, host: '127.0.0.1', port: 8080 },
    ];
    expect(addressIn({ ...container, published }, 5432)).toEqual({ host: '127.0.0.1', port: 25_432 });
    expect(addressIn({ ...container, published: published.slice(0, 1) }, 5432)).toEqual({
      host: '192.168.1.5',
      port: 15_432,
    });
    expect(addressIn({ ...container, published }, 6379)).toEqual({ host: '172.18.0.2', port: 6379 });
  });

  test('nowhere, where it has neither, and then what to write', () => {
    expect(() => addressIn({ ...container, addresses: [] }, 5432)).toThrow(
      expect.objectContaining({ code: 'database-unreachable', remedy: expect.stringContaining('127.0.0.1:5432:5432') }),
    );
  });
});

test('a tool of a container runs in it, as its user, and one of this machine here', async () => {
  const asked: ExecRequest[] = [];
  const containers: Partial<Containers> = {
    find: async () => container,
    exec: async (_container, request) => {
      asked.push(request);
      return { code: 0, stderr: [] };
    },
  };
  // Only these two are asked for.
  const world = testWorld({ containers: { ...({} as Containers), ...containers } });
  const place: Place = { kind: 'container', container: { name: 'shop-db-1' } };
  await world.run(place, { argv: ['psql'], as: 'postgres', env: { PGUSER: 'x' } }, never);
  expect(asked).toMatchObject([{ argv: ['psql'], user: 'postgres', env: { PGUSER: 'x' } }]);
  expect(await world.run({ kind: 'host' }, { argv: ['/bin/sh', '-c', 'exit 7'] }, never)).toMatchObject({ code: 7 });
  expect(asked).toHaveLength(1);
});

test('without an engine of containers, what is in one is told as out of reach', async () => {
  const place: Place = { kind: 'container', container: { project: 'shop', service: 'db' } };
  await expect(testWorld().run(place, { argv: ['psql'] }, never)).rejects.toMatchObject({ code: 'engine-away' });
  await expect(testWorld().addressOf(place, 5432)).rejects.toMatchObject({ code: 'engine-away' });
  expect(await testWorld().addressOf({ kind: 'tcp', host: 'db.lan', port: null }, 5432)).toEqual({
    host: 'db.lan',
    port: 5432,
  });
});

test('a sentence names the place', () => {
  expect(placeName({ kind: 'tcp', host: 'db.lan', port: 5433 })).toBe('db.lan:5433');
  expect(placeName({ kind: 'container', container: { project: 'shop', service: 'db' } })).toBe(
    'the container of shop/db',
  );
});
