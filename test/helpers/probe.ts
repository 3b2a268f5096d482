import { execa } from 'execa';
import { z } from 'zod';
import { isRoot, rootlessAccount, type TestReceiver } from './receiver.ts';

/**
 * What the probe does with each path, as a session whose program has been taken over would: every way to see what is
 * there or to change it. It runs as `node -e`, so no rule has to let a program of its own in.
 */
const program = `
const fs = require('node:fs');
const { join } = require('node:path');
const ways = {
  read: (path) => fs.closeSync(fs.openSync(path, 'r')),
  write: (path) => fs.closeSync(fs.openSync(path, 'r+')),
  list: (path) => fs.readdirSync(path),
  create: (path) => fs.closeSync(fs.openSync(join(path, 'probe-file'), 'wx')),
  folder: (path) => fs.mkdirSync(join(path, 'probe-folder')),
  link: (path) => fs.linkSync(path, path + '.probe'),
  symlink: (path) => fs.symlinkSync('/', join(path, 'probe-symlink')),
  rename: (path) => fs.renameSync(path, path + '.probe'),
  remove: (path) => fs.unlinkSync(path),
};
const done = [];
const { paths, only } = JSON.parse(fs.readFileSync(0, 'utf8'));
for (const path of paths) {
  for (const [way, attempt] of Object.entries(ways)) {
    if (only !== null && !only.includes(way)) continue;
    try { attempt(path); done.push(way + ' ' + path); } catch {}
  }
}
for (const file of ['/bin/sh', '/usr/bin/id']) {
  try {
    if (require('node:child_process').spawnSync(file, ['-c', 'exit 0']).error === undefined) done.push('run ' + file);
  } catch {}
}
process.stdout.write(JSON.stringify(done));
`;

/** Which of the walls around a session the probe has around it. */
export type Walls = 'jail and permissions' | 'jail alone' | 'permissions alone' | 'UIDs alone';

/**
 * Runs the probe over `paths` exactly as sshd would run the session of `source`: with the words of its line in
 * authorized_keys, in the receiver's own view of the machine. Returns what it managed to do, such as
 * `read /etc/passwd`.
 */
export const probe = async (
  receiver: TestReceiver,
  source: string,
  uid: number,
  walls: Walls,
  paths: readonly string[],
): Promise<readonly string[]> => {
  const words = await forcedWords(receiver, source);
  const node = words.findIndex((word) => /^\/.*\/node$/.test(word));
  const main = words.findIndex((word) => word.endsWith('/main.ts'));
  const jail = words.slice(0, node).slice(words.indexOf('--no-new-privs') + 1);
  const flags = words.slice(node + 1, main);
  const isPermission = (word: string): boolean => /^--(?:permission|allow-)/.test(word);
  const account = receiver.login(source) === source ? uid : rootlessAccount.uid;
  const command = [
    ...['setpriv', `--reuid=${account}`, `--regid=${account}`, '--clear-groups', '--no-new-privs'],
    ...(walls.startsWith('jail') ? jail : []),
    words[node] ?? '',
    ...(walls.includes('permissions') ? flags : flags.filter((word) => !isPermission(word))),
    ...['-e', program],
  ];
  const { stdout } = await execa('nsenter', ['--mount', '--target', String(receiver.pid), '--', ...command], {
    // Without a jail it looks and leaves everything as it is: the machine's own /tmp is among the paths.
    input: JSON.stringify({ paths, only: walls.startsWith('jail') ? null : ['read', 'list'] }),
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    extendEnv: false,
  });
  return z.array(z.string()).parse(JSON.parse(stdout));
};

/** A path of the receiver's own view of the machine, for a test that runs outside of it. */
export const inReceiver = (receiver: TestReceiver, path: string): string => `/proc/${receiver.pid}/root${path}`;

/** The forced command of `source`, word by word, as the shell will see it. */
const forcedWords = async (receiver: TestReceiver, source: string): Promise<readonly string[]> => {
  const rootless = !isRoot || receiver.login(source) !== source;
  const file = rootless ? `${receiver.dataDir}/run/authorized_keys` : `/run/berth/keys/${source}`;
  const { stdout } = await execa('cat', [inReceiver(receiver, file)]);
  const line = stdout.split('\n').find((text) => text.includes(`--source ${source} `)) ?? '';
  const quoted = /^restrict,command="((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? '';
  const command = quoted.replaceAll('\\"', '"').replace(/^exec /, '');
  const { stdout: words } = await execa('sh', ['-c', `printf '%s\\n' ${command}`]);
  return words.split('\n');
};
