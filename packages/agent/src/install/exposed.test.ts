import { expect, test } from 'vitest';
import { exposedText } from '../cli/install.ts';
import { exposed, type Look } from './exposed.ts';

/** A disk where all is root's, but for what is said: owner, group, mode; and links. */
const disk = (
  odd: { readonly [path: string]: readonly [uid: number, gid: number, mode: number] },
  links: { readonly [path: string]: string } = {},
): Look => ({
  at: async (path) => {
    const [uid, gid, mode] = odd[path] ?? [0, 0, 0o755];
    return { uid, gid, mode, isLink: path in links };
  },
  real: async (path) => links[path] ?? path,
  user: (uid) => ({ 1000: 'ada' })[uid] ?? `user ${uid}`,
  group: (gid) => ({ 50: 'staff' })[gid] ?? `${gid}`,
});

test('what root runs from where only root may write is nobody else’s', async () => {
  expect(await exposed(['/opt/node/bin/node', '/etc/berth'], disk({}))).toEqual([]);
});

test('a program in a person’s folder, and a folder that others may write to, are named once', async () => {
  const look = disk({ '/home/ada': [1000, 1000, 0o750], '/usr/local': [0, 50, 0o775], '/srv': [0, 0, 0o777] });
  expect(
    await exposed(['/home/ada/node', '/home/ada/berth.mjs', '/usr/local/lib/berth.mjs', '/srv/berth'], look),
  ).toEqual([
    { path: '/home/ada', to: 'ada' },
    { path: '/usr/local', to: 'the group staff' },
    { path: '/srv', to: 'anyone' },
  ]);
});

test('a file of root’s that anyone may write to is found in a folder that is well', async () => {
  const look = disk({ '/etc/berth/agent.yaml': [0, 0, 0o666] });
  expect(await exposed(['/etc/berth/agent.yaml'], look)).toEqual([{ path: '/etc/berth/agent.yaml', to: 'anyone' }]);
});

test('a link counts as what it leads to, and its own mode as nothing', async () => {
  const look = disk(
    { '/opt/berth': [0, 0, 0o777], '/home/ada': [1000, 1000, 0o755] },
    { '/opt/berth': '/home/ada/berth' },
  );
  expect(await exposed(['/opt/berth'], look)).toEqual([{ path: '/home/ada', to: 'ada' }]);
});

test('in a folder such as /tmp nobody replaces what is root’s', async () => {
  const look = disk({ '/tmp': [0, 0, 0o1777], '/tmp/theirs': [1000, 1000, 0o755] });
  expect(await exposed(['/tmp/ours/berth.mjs'], look)).toEqual([]);
  expect(await exposed(['/tmp/theirs/berth.mjs'], look)).toEqual([{ path: '/tmp/theirs', to: 'ada' }]);
});

test('the warning says who, by what, and what to do', () => {
  const text = exposedText([{ path: '/home/ada', to: 'ada' }]);
  expect(text).toContain('ada could run anything as root with it: /home/ada is');
  expect(text).toContain('/etc/berth');
});
