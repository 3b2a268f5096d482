import { expect, test } from 'vitest';
import { engineNames } from '../databases/engine.ts';
import { databaseEntry } from '../databases/entries.ts';
import { parseConfig } from './load.ts';

const base = 'server: nas\nname: box\npaths: [/]\n';
const configOf = (content: string) => {
  const parsed = parseConfig('agent.yaml', base + content);
  if (parsed.ok) return parsed.config;
  throw new Error(JSON.stringify(parsed.findings));
};

test('an entry is called as its engine where it has no name', () => {
  const { databases } = configOf(
    'databases:\n  - { engine: postgres, as: postgres }\n  - { engine: sqlite, file: /a.db }',
  );
  expect(databases).toMatchObject([
    { engine: 'postgres', name: 'postgres', as: 'postgres', at: { kind: 'host' }, timeout: 6 * 3_600_000 },
    { engine: 'sqlite', name: 'sqlite', file: '/a.db' },
  ]);
});

test('each engine there is a name for can be written, and has no word for a secret itself', () => {
  const { options } = databaseEntry;
  expect(options.map(({ shape }) => shape.engine.value).toSorted()).toEqual(engineNames.toSorted());
  const words = options.flatMap(({ shape }) => Object.keys(shape));
  expect(words.filter((word) => /^(?:password|pass|token|secret|api_key|key|uri)$/.test(word))).toEqual([]);
});

test('containers, services and snapshots say what is made quiet, and for how long', () => {
  const { containers, services, snapshots } = configOf(`containers:
  engine: tcp://127.0.0.1:2375
  stop: [{ compose: shop, timeout: 5m }, { name: grafana, how: pause, paths: [/srv/grafana] }]
services: [{ unit: gitea.service, paths: [/var/lib/gitea] }]
snapshots: auto`);
  expect(containers).toEqual({
    engine: 'tcp://127.0.0.1:2375',
    labels: true,
    stop: [
      { name: null, compose: 'shop', how: 'stop', paths: null, timeoutMs: 300_000 },
      { name: 'grafana', compose: null, how: 'pause', paths: ['/srv/grafana'], timeoutMs: 900_000 },
    ],
  });
  expect(services).toEqual([{ unit: 'gitea.service', user: false, paths: ['/var/lib/gitea'], timeoutMs: 900_000 }]);
  expect(snapshots).toBe('auto');
});

const two = (one: string, other: string) => `databases:\n  - ${one}\n  - ${other}`;
test.each([
  ['databases: [{ engine: postgers }]', 4, 23, 'out-of-range', 'Did you mean engine: postgres?'],
  ['databases: [{ engin: postgres }]', 4, 15, 'missing', 'Write engine instead of engin'],
  ['databases: [{ name: shop }]', 4, 13, 'missing', 'Add engine'],
  [two('{ engine: sqlite, file: /a }', '{ engine: sqlite, file: /b }'), 6, 5, 'duplicate-name', 'name: sqlite-2'],
  ['databases: [{ engine: postgres, password: geheim }]', 4, 33, 'unknown-key', 'write password_file'],
  ['databases: [{ engine: postgres, pasword_file: /a }]', 4, 33, 'unknown-key', 'Did you mean password_file?'],
  ['databases: [{ engine: sqlite, file: a.db }]', 4, 37, 'relative-path', 'from the root'],
  ['databases: [{ engine: sqlite }]', 4, 13, 'missing', 'file: /srv'],
  ['databases: [{ engine: sqlite, file: /a, at: { host: a } }]', 4, 45, 'at', 'container'],
  ['databases: [{ engine: postgres, at: { host: a, socket: /b } }]', 4, 37, 'at', 'one of host'],
  ['databases: [{ engine: postgres, name: Shop }]', 4, 39, 'out-of-range', 'name: postgres'],
  ['databases: [{ engine: influxdb }]', 4, 13, 'missing', 'version: 1'],
  ['containers: { stop: [shop] }', 4, 22, 'wrong-type', 'stop: [{ compose: shop }]'],
  ['containers: { engine: /var/run/docker.sock }', 4, 23, 'engine', 'unix:///var/run/docker.sock'],
  ['containers: { engine: "tcp://me:pw@host:1" }', 4, 23, 'engine', 'tcp://127.0.0.1'],
  ['containers: { stop: [{ how: pause }] }', 4, 22, 'container', 'one of name'],
  ['containers: { stop: [{ name: a, compose: b }] }', 4, 22, 'container', 'one of name'],
  ['containers: { label: true }', 4, 15, 'unknown-key', 'Did you mean labels?'],
  ['services: [{ unit: gitea, paths: [/a] }]', 4, 20, 'out-of-range', 'gitea.service'],
  ['services: [{ unit: gitea.service }]', 4, 12, 'missing', 'paths: [/var/lib/gitea]'],
  ['snapshots: always', 4, 12, 'out-of-range', 'snapshots: auto'],
])('%j is refused with its place and what to write instead', (content, line, column, code, remedy) => {
  const parsed = parseConfig('agent.yaml', base + content);
  const [finding] = parsed.ok ? [] : parsed.findings;
  expect(finding).toMatchObject({ line, column, code, remedy: expect.stringContaining(remedy) });
  expect(JSON.stringify(parsed)).not.toContain('geheim');
  expect(finding?.message).not.toMatch(/pattern|Invalid/);
});
