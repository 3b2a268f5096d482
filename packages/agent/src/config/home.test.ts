import { expect, test } from 'vitest';
import { homeOf } from './home.ts';

test("root's home is the machine's", () => {
  const home = homeOf({ env: { HOME: '/root', XDG_CONFIG_HOME: '/elsewhere' }, uid: 0 });
  expect(home).toMatchObject({ config: '/etc/berth/agent.yaml', reports: '/var/lib/berth/reports' });
});

test("a person's home follows the XDG directories, and ignores relative ones as their specification says", () => {
  const env = { HOME: '/home/p', XDG_CONFIG_HOME: '/conf', XDG_STATE_HOME: 'relative' };
  const home = homeOf({ env, uid: 1000 });
  expect(home).toMatchObject({ key: '/conf/berth/id_ed25519', lock: '/home/p/.local/state/berth/lock' });
});

test('with --home everything lies in that folder', () => {
  const home = homeOf({ directory: '/srv/two/', env: { HOME: '/home/p' }, uid: 0 });
  for (const path of Object.values(home)) expect(`${path}/`).toMatch(/^\/srv\/two\//);
});

test('a relative --home is made absolute, so that a hook that changes folder does not move it', () => {
  expect(homeOf({ directory: 'x', env: {}, uid: 0 }).config).toBe(`${process.cwd()}/x/agent.yaml`);
});

test('a user without a home directory is told to name one', () => {
  expect(() => homeOf({ env: { HOME: '' }, uid: 1000 })).toThrow(expect.objectContaining({ code: 'home-unknown' }));
});
