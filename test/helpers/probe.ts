import { execa } from 'execa';
import { z } from 'zod';
import { isRoot, rootlessAccount, type TestReceiver } from './receiver.ts';

/**
 * What the probe does with each path, as a session whose program has been taken over would: every way to see what is
 * there or to change it. It takes a `ProbeTask` on stdin, prints what it managed to do, and runs as CommonJS by `node -e`, so no
 * rule has to let a program of its own in.
 */
export const probeProgram = `
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

/** What the probe tries: these paths, in these ways or, if null, in all. */
export interface ProbeTask {
  readonly paths: readonly string[];
  readonly only: readonly string[] | null;
}

/** A server whose sessions the probe takes the place of. */
export interface Probed {
  /** The line of its authorized_keys for that source. */
  readonly keyLine: (source: string) => Promise<string>;
  /** Runs a command where its sessions run, with that UID and no other wall around it; returns its output. */
  readonly run: (uid: number, command: readonly string[], input: string) => Promise<string>;
}

/**
 * Runs the probe over `paths` exactly as sshd would run the session of `source`, whose account has `uid`: with the words of
 * its line in authorized_keys. Returns what it managed to do, such as `read /etc/passwd`.
 */
export const probeIn = async (
  probed: Probed,
  source: string,
  uid: number,
  walls: Walls,
  paths: readonly string[],
): Promise<readonly string[]> => {
  const words = await forcedWords(await probed.keyLine(source));
  const node = words.findIndex((word) => /^\/.*\/node$/.test(word));
  const main = words.findIndex((word) => /\/(?:main\.ts|session\.mjs)$/.test(word));
  if (node === -1 || main < node) throw new Error(`No session in the forced command: ${words.join(' ')}`);
  const jail = words.slice(0, node).slice(words.indexOf('--no-new-privs') + 1);
  const flags = words.slice(node + 1, main);
  const isPermission = (word: string): boolean => /^--(?:permission|allow-)/.test(word);
  const command = [
    ...['setpriv', '--no-new-privs'],
    ...(walls.startsWith('jail') ? jail : []),
    words[node] ?? '',
    ...(walls.includes('permissions') ? flags : flags.filter((word) => !isPermission(word))),
    ...['-e', probeProgram],
  ];
  // Without a jail it looks and leaves everything as it is: the machine's own /tmp is among the paths.
  const task: ProbeTask = { paths, only: walls.startsWith('jail') ? null : ['read', 'list'] };
  return parseProbe(await probed.run(uid, command, JSON.stringify(task)));
};

/** What a probe printed. */
export const parseProbe = (output: string): readonly string[] => z.array(z.string()).parse(JSON.parse(output));

/** The probe as a session of a receiver without a container. */
export const probe = (
  receiver: TestReceiver,
  source: string,
  uid: number,
  walls: Walls,
  paths: readonly string[],
): Promise<readonly string[]> => {
  const rootless = !isRoot || receiver.login(source) !== source;
  return probeIn(probedReceiver(receiver, rootless), source, rootless ? rootlessAccount.uid : uid, walls, paths);
};

const probedReceiver = (receiver: TestReceiver, rootless: boolean): Probed => ({
  keyLine: async (source) => {
    const file = rootless ? `${receiver.dataDir}/run/authorized_keys` : `/run/berth/keys/${source}`;
    const { stdout } = await execa('cat', [inReceiver(receiver, file)]);
    return stdout.split('\n').find((text) => text.includes(`--source ${source} `)) ?? '';
  },
  run: async (uid, command, input) => {
    const enter = ['nsenter', '--mount', '--target', String(receiver.pid), '--'];
    const [file = '', ...words] = [
      ...enter,
      'setpriv',
      `--reuid=${uid}`,
      `--regid=${uid}`,
      '--clear-groups',
      ...command,
    ];
    const options = { cwd: '/', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, extendEnv: false };
    return (await execa(file, words, { ...options, input })).stdout;
  },
});

/** A path of the receiver's own view of the machine, for a test that runs outside of it. */
export const inReceiver = (receiver: TestReceiver, path: string): string => `/proc/${receiver.pid}/root${path}`;

/** The forced command in a line of authorized_keys, word by word, as the shell will see it. */
const forcedWords = async (line: string): Promise<readonly string[]> => {
  const quoted = /^restrict,command="((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? '';
  const command = quoted.replaceAll('\\"', '"').replace(/^exec /, '');
  const { stdout: words } = await execa('sh', ['-c', `printf '%s\\n' ${command}`]);
  return words.split('\n');
};
