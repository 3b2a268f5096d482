import { expect, test } from 'vitest';
import type { Container } from './containers.ts';
import { type GroupsWorld, planGroups } from './groups.ts';
import { hostPathOf } from './host-path.ts';
import type { ContainersSettings } from './settings.ts';
import { composed, someContainer } from './testing.ts';

const plan = async (
  all: readonly Container[],
  settings: Partial<ContainersSettings> = {},
  { where = 'unix:///var/run/docker.sock', ...world }: Partial<GroupsWorld & { where: string }> = {},
) => {
  const containers = { list: async () => all, hostPath: hostPathOf, where };
  return await planGroups({ engine: null, labels: true, stop: [], ...settings }, containers, {
    ...{ own: null, look: async () => 'data', ...world },
  });
};

const named = { name: null, compose: null, how: 'stop', paths: null, timeoutMs: 300_000 } as const;
const labelled = (label: string, more: Record<string, string> = {}) => ({ labels: { 'berth.backup': label, ...more } });
const mounted = (source: string, target = '/data', kind: 'bind' | 'volume' = 'volume') => ({
  mounts: [{ kind, source, target, writable: true }],
});

test('a project is one group: one downtime, dependents first, all its volumes and binds', async () => {
  const [one, ...others] = await plan([
    composed('shop', 'db', [], { ...labelled('stop', { 'berth.timeout': '2m' }), ...mounted('/v/db') }),
    composed('shop', 'app', ['db'], { ...labelled('stop', { 'berth.timeout': '5m' }), ...mounted('/v/app') }),
    composed('shop', 'mail'),
    composed('wiki', 'app'),
  ]);
  expect(others).toEqual([]);
  expect(one).toMatchObject({ paths: ['/v/app', '/v/db'], warnings: [], problem: null });
  expect(one?.group).toMatchObject({ kind: 'containers', name: 'shop', how: 'stop', timeoutMs: 300_000 });
  expect(one?.group.containers.map(({ name }) => name)).toEqual(['shop-app-1', 'shop-db-1']);
});

test('agent.yaml names a whole project, and wins over its labels', async () => {
  const all = [
    composed('shop', 'db', [], { ...labelled('pause'), ...mounted('/v/db') }),
    composed('shop', 'app', ['db'], mounted('/v/app')),
    someContainer('grafana', { ...labelled('pause'), ...mounted('/v/grafana') }),
  ];
  const [shop, grafana, ...others] = await plan(all, { stop: [{ ...named, compose: 'shop', paths: ['/v/db/files'] }] });
  expect(others).toEqual([]);
  expect(shop).toMatchObject({ group: { how: 'stop' }, paths: ['/v/db/files'] });
  expect(shop?.group.containers).toHaveLength(2);
  expect(grafana).toMatchObject({ group: { name: 'grafana', how: 'pause', timeoutMs: 900_000 } });
  expect(await plan(all, { labels: false })).toEqual([]);
});

test('a name that nobody has, and a label that can not be read, are problems and not silence', async () => {
  const [missing] = await plan([], { stop: [{ ...named, name: 'grafana' }] });
  expect(missing?.problem).toMatchObject({ code: 'quiesce-failed', message: expect.stringContaining('"grafana"') });
  for (const labels of [
    { 'berth.backup': 'halt' },
    { 'berth.backup': 'stop', 'berth.timeout': 'soon' },
    { 'berth.backup': 'stop', 'berth.paths': 'data' },
    { 'berth.bakcup': 'stop' },
    { 'berth.before': 'rm -rf /' },
  ]) {
    const [group] = await plan([someContainer('a', { labels })]);
    expect(group?.problem?.message).toContain('was not stopped and not copied');
  }
});

test('labels name paths in the container, which are copied from where they lie here', async () => {
  const one = someContainer('a', { ...labelled('stop', { 'berth.paths': '/data/a, /data/b' }), ...mounted('/v/a') });
  expect((await plan([one]))[0]?.paths).toEqual(['/v/a/a', '/v/a/b']);
  const outside = someContainer('a', { ...labelled('stop', { 'berth.paths': '/data/../etc' }), ...mounted('/v/a') });
  expect((await plan([outside]))[0]?.problem?.message).toContain('lies in no bind and no volume');
});

test('sockets, and what is the machine’s own, are no data; what is not on this machine is a problem', async () => {
  const mount = (source: string) => ({ kind: 'bind', source, target: source, writable: true }) as const;
  const mounts = ['/var/run/docker.sock', '/etc/localtime', '/proc', '/', '/srv/a', '/srv/sock'].map(mount);
  const look = async (path: string) => (path === '/srv/sock' ? 'other' : path === '/srv/b' ? 'missing' : 'data');
  expect((await plan([someContainer('a', { ...labelled('stop'), mounts })], {}, { look }))[0]).toMatchObject({
    ...{ paths: ['/srv/a'], problem: null },
  });
  const [away] = await plan([someContainer('a', { ...labelled('stop'), ...mounted('/srv/b') })], {}, { look });
  expect(away?.problem?.message).toContain('/srv/b is not on this machine');
});

test('one without any data is said to have none', async () => {
  expect((await plan([someContainer('a', labelled('stop'))]))[0]?.warnings).toEqual([
    expect.stringContaining('nothing to copy of a'),
  ]);
});

test('another container that may write to what is copied is named', async () => {
  const [one] = await plan([
    someContainer('a', { ...labelled('stop'), ...mounted('/v/shared') }),
    someContainer('b', mounted('/v/shared')),
    someContainer('c', { ...mounted('/v/shared'), state: 'exited' }),
  ]);
  expect(one?.warnings).toEqual(['b keeps running, and may write to /v/shared.']);
});

test('the agent’s own container, and the proxy it talks through, keep running', async () => {
  const agent = composed('nas', 'berth', [], { id: 'own' });
  const proxy = composed('nas', 'proxy', [], mounted('/var/run/docker.sock', '/var/run/docker.sock', 'bind'));
  const all = [agent, proxy, composed('nas', 'wiki', [], mounted('/v/wiki'))];
  const stop = [{ ...named, compose: 'nas' }];
  const [through] = await plan(all, { stop }, { own: 'own', where: 'tcp://proxy:2375' });
  expect(through?.group.containers.map(({ name }) => name)).toEqual(['nas-wiki-1']);
  expect(through?.warnings.slice(0, 2)).toEqual([
    'nas-berth-1 keeps running: berth runs in it.',
    'nas-proxy-1 keeps running: berth talks to the engine through it.',
  ]);
});

test('with exec each container is a group of its own, also within a project', async () => {
  const all = [
    composed('shop', 'db', [], { ...labelled('stop'), ...mounted('/v/db') }),
    composed('shop', 'wiki', [], { ...labelled('exec', { 'berth.before': 'sync' }), ...mounted('/v/wiki') }),
  ];
  expect((await plan(all)).map(({ group }) => `${group.name} ${group.how}`)).toEqual(['shop stop', 'shop-wiki-1 exec']);
});
