import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commentedConfig, minimalExample } from './example.ts';
import { loadConfig, parseConfig } from './load.ts';

const configOf = (content: string) => {
  const parsed = parseConfig('agent.yaml', content);
  if (parsed.ok) return parsed.config;
  throw new Error(JSON.stringify(parsed.findings));
};

const written = commentedConfig({ server: 'laptop@[fd00::5]:2222', name: 'laptop', paths: ['/home/a: #b', '/etc'] });

test('three lines are enough, and everything else has a default', () => {
  expect(configOf(minimalExample)).toEqual({
    server: { host: 'nas.lan', port: 2222, user: 'laptop' },
    name: 'laptop',
    paths: ['/home', '/etc'],
    exclude: { patterns: [], files: [], caches: true, if_present: [], one_file_system: false, larger_than: null },
    ...{ databases: [], containers: null, services: [], snapshots: 'never' },
    retention: { daily: 14, weekly: 8, monthly: 12, yearly: 3, keep_within: 2 * 86_400_000 },
    prune: { every: 7 * 86_400_000, max_unused: '5%' },
    check: { every: 7 * 86_400_000, share: 5 },
    limits: { upload: null, download: null },
    priority: { nice: 10, ionice: 'low' },
    skip: { on_battery: false, on_metered: false, at_most: 3 * 86_400_000 },
    hooks: { before: [], after: [], failure: [] },
    retry: { for: 4 * 3_600_000, first: 10_000, longest: 600_000 },
    own: { retention: {}, prune: { every: undefined }, check: {} },
  });
});

test('the file that enroll writes means the same with its comments and, every # before a setting taken away, without', () => {
  expect(configOf(written)).toMatchObject({ paths: ['/home/a: #b', '/etc'], server: { host: 'fd00::5' } });
  const uncommented = written.replaceAll(/^#(?=[a-z ] *)(?=\S*:| {2})/gm, '');
  expect(uncommented).toMatch(/^retry:\n {2}for: 4h/m);
  const { own: _, ...meant } = configOf(uncommented);
  expect(configOf(written)).toMatchObject(meant);
});

test('where the server names no user, the agent logs in by its name', () => {
  expect(configOf('server: nas\nname: box\npaths: [/]').server).toEqual({ host: 'nas', port: 2222, user: 'box' });
});

const base = 'server: nas\nname: box\n';
test.each([
  ['server: nas\nname: box\n', 'missing', 'paths'],
  [`${base}paths: []`, 'out-of-range', '/home'],
  [`${base}paths: [Documents]`, 'relative-path', '/home/me/Documents'],
  [`${base}paths: [~/Documents]`, 'relative-path', 'only a shell knows whose home ~ is'],
  [`${base}paths: [/]\nexcludes: {}`, 'unknown-key', 'Did you mean exclude?'],
  [`${base}paths: [/]\nexclude: { pattern: [a] }`, 'unknown-key', 'Did you mean patterns?'],
  [`${base}paths: [/]\nprune: { every: 7 }`, 'duration', '7d (days)'],
  [`${base}paths: [/]\nprune: { max_unused: lots }`, 'max-unused', '5% or 10G'],
  [`${base}paths: [/]\ncheck: { share: 5 }`, 'share', '5%'],
  [`${base}paths: [/]\ncheck: { share: 101% }`, 'share', '100%'],
  [`${base}paths: [/]\nretention: { daily: 0, weekly: 0, monthly: 0, yearly: 0 }`, 'retention', 'daily: 14'],
  [`${base}paths: [/]\nlimits: { upload: 100 }`, 'rate', '2M'],
  [`${base}paths: [/]\npriority: { nice: -5 }`, 'out-of-range', 'nice: 10'],
  [`${base}paths: [/]\npriority: { ionice: fast }`, 'out-of-range', 'ionice: low'],
  [`${base}paths: [/]\nskip: { at_most: 3 }`, 'duration', '3d (days)'],
  [`${base}paths: [/]\nskip: { on_batery: true }`, 'unknown-key', 'Did you mean on_battery?'],
  [`${base}paths: [/]\nhooks: { before: [{ run: x, timeout: 0s }] }`, 'duration', '5m'],
  [`${base}paths: [/]\nhooks: { before: [{ command: x }] }`, 'missing', 'run: /usr/local/bin'],
  ['server: -oProxyCommand=x\nname: box\npaths: [/]', 'server', 'nas.lan:2222'],
  ['server: nas\nname: 10.0.0.1\npaths: [/]', 'name', 'host-10-0-0-1'],
])('%j is refused with the place and what to write instead', (content, code, remedy) => {
  const parsed = parseConfig('agent.yaml', content);
  const [finding] = parsed.ok ? [] : parsed.findings;
  expect(finding).toMatchObject({ file: 'agent.yaml', code, remedy: expect.stringContaining(remedy) });
  expect([finding?.line, finding?.column]).toEqual([expect.any(Number), expect.any(Number)]);
});

test('a wrong file on disk says file, line and column; a missing one says so', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'berth-config-'));
  const file = join(directory, 'agent.yaml');
  await expect(loadConfig(file)).rejects.toMatchObject({ code: 'config-missing' });
  await writeFile(file, 'server: nas\nname: box\npaths:\n  - home\n');
  await expect(loadConfig(file)).rejects.toMatchObject({
    code: 'invalid-config',
    message: expect.stringContaining(`${file}:4:5: "home" is no absolute path`),
  });
  await rm(directory, { recursive: true });
});
