import type { Container } from './containers.ts';

/** A container for tests: it runs, nobody made it, and it has nothing mounted, unless said. */
export const someContainer = (name: string, more: Partial<Container> = {}): Container => ({
  id: Buffer.from(name.padEnd(32, '.')).toString('hex'),
  name,
  image: 'shop:1',
  state: 'running',
  startedAt: '2026-11-14T03:00:00Z',
  health: null,
  exitCode: 0,
  stopSeconds: 10,
  joins: [],
  labels: {},
  compose: null,
  mounts: [],
  addresses: [],
  published: [],
  ...more,
});

/** One that compose made: `shop-db-1` of the service db in the project shop. */
export const composed = (
  project: string,
  service: string,
  needs: readonly string[] = [],
  more: Partial<Container> = {},
): Container =>
  someContainer(`${project}-${service}-1`, {
    compose: {
      project,
      service,
      number: '1',
      oneOff: false,
      dependsOn: needs.map((need) => {
        const [name = '', condition] = need.split(':');
        return { service: name, healthy: condition === 'healthy' };
      }),
    },
    ...more,
  });
