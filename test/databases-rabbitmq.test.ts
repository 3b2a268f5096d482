import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { rabbitmqDatabase, rabbitmqSchema } from '../packages/agent/src/databases/rabbitmq.ts';
import { expectEngine, weirdName } from './helpers/engines/contract.ts';
import { type RunningRabbitmq, withRabbitmq } from './helpers/engines/rabbitmq.ts';
import { unitOf, withRepository } from './helpers/engines/repository.ts';

const release = '0.18';
let rabbit: RunningRabbitmq;
beforeAll(async () => {
  rabbit = await withRabbitmq();
  vi.stubEnv('PATH', `${rabbit.bin}:${process.env['PATH']}`);
}, 120_000);
afterAll(async () => {
  await rabbit[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
});

const entry = (more: Readonly<Record<string, unknown>>) =>
  rabbitmqDatabase(rabbitmqSchema.parse({ engine: 'rabbitmq', ...more }));
const byApi = (more: Readonly<Record<string, unknown>> = {}) =>
  entry({ url: rabbit.url, user: 'admin', password_file: rabbit.passwordFile, ...more });
const byTool = () => entry({ node: rabbit.node });

/** A broker takes newlines out of the names of queues, and leaves them in those of users. */
const weirdQueue = weirdName.replaceAll('\n', '');
const clerkName = `${weirdName} €`;
const clerk = `users/${encodeURIComponent(clerkName)}`;
const queuePath = (name: string): string => `queues/%2F/${encodeURIComponent(name)}`;

/** Everything of a broker that definitions speak of, in an order of its own. */
const definitions = async (): Promise<Record<string, unknown>> => {
  const told = Object.entries(Object(await rabbit.api('definitions')));
  return Object.fromEntries(
    told.map(([key, value]) => [key, Array.isArray(value) ? value.map((one) => JSON.stringify(one)).sort() : value]),
  );
};

describe('RabbitMQ, for real', () => {
  test.each([
    ['its management API', () => byApi()],
    ['rabbitmqctl', byTool],
  ])('what is deleted comes back, definition by definition, by %s', async (_way, database) => {
    for (const name of ['orders', weirdQueue]) await rabbit.api(queuePath(name), 'PUT', { durable: true });
    await rabbit.api('exchanges/%2F/shop', 'PUT', { type: 'topic', durable: true });
    await rabbit.api('bindings/%2F/e/shop/q/orders', 'POST', { routing_key: 'order.#' });
    await rabbit.api(clerk, 'PUT', { password: 'of the clerk', tags: '' });
    await rabbit.api(`permissions/%2F/${encodeURIComponent(clerkName)}`, 'PUT', {
      configure: '',
      write: '.*',
      read: '.*',
    });
    const before = await definitions();
    await using repository = await withRepository(release);
    let isOver = false;
    const writing = (async () => {
      for (let round = 0; !isOver; round += 1) {
        await rabbit.api('exchanges/%2F/amq.default/publish', 'POST', {
          ...{ properties: {}, routing_key: 'orders', payload: `order ${round}`, payload_encoding: 'string' },
        });
      }
    })();
    const done = await repository.dump(database());
    isOver = true;
    await writing;
    expect(done).toMatchObject({ problem: null, dumps: [{ outcome: 'ok', verified: 'stream' }] });

    for (const name of ['orders', weirdQueue]) await rabbit.api(queuePath(name), 'DELETE');
    await rabbit.api('exchanges/%2F/shop', 'DELETE');
    await rabbit.api(clerk, 'DELETE');
    expect(await definitions()).not.toEqual(before);
    const unit = await unitOf(database(), null, repository.world);
    const { warnings } = await repository.restore(database(), unit);
    expect(warnings.join()).toContain('merged');
    expect(await definitions()).toEqual(before);
    await expect(repository.restore(database(), unit, { kind: 'new', name: 'x' })).rejects.toMatchObject({
      code: 'restore-refused',
    });
  });

  test('a node that is not there is told as such by rabbitmqctl too', async () => {
    await using repository = await withRepository(release);
    const database = entry({ node: 'nobody@localhost' });
    expect(await repository.dump(database)).toMatchObject({ problem: { code: 'database-unreachable' } });
  });
});

expectEngine({
  engine: 'rabbitmq',
  release,
  subject: async () => {
    const wrong = join(rabbit.directory, 'wrong');
    await writeFile(wrong, 'wrong\n', { mode: 0o600 });
    return {
      database: () => byApi(),
      // Definitions are a few kilobytes: there is no middle in which something could happen.
      cut: null,
      wrongPassword: () => byApi({ password_file: wrong }),
      unreachable: () => byApi({ url: 'http://127.0.0.1:1' }),
      weird: null,
      secrets: [rabbit.password],
    };
  },
});
