import { expect, test } from 'vitest';
import { monitorCommand, monitorPlace } from './command.ts';
import type { Look } from './network.ts';

const jail = {
  kind: 'landlock',
  rights: ['execute', 'write-file', 'read-file', 'read-dir', 'make-reg'],
  libraries: ['/lib64/ld-linux-x86-64.so.2', '/lib/x86_64-linux-gnu/libc.so.6'],
} as const;
const program = { node: '/run/berth/node', monitor: '/run/berth/program/monitor.mjs' };
const place = monitorPlace({ mode: 'private', jail, program, dataDir: '/data' });
const there =
  (...paths: readonly string[]): Look =>
  (path) =>
    paths.includes(path) ? { dev: 1, ino: 1, isFolder: !path.startsWith('/etc') } : null;
/** What Landlock and Node allow, in short: `read-file,read-dir:/data/coordinator`, `write:/data/monitor`. */
const allowed = (words: readonly string[]): readonly string[] =>
  words.flatMap((word) => {
    const [, rule, flag, folder] = /^path-beneath:(.*)$|^--allow-fs-(read|write)=(.*)$/.exec(word) ?? [];
    return rule !== undefined ? [rule] : flag === 'write' ? [`write:${folder}`] : [];
  });

test('it is an account of its own without privileges, may write its folder, and only read what the coordinator knows', () => {
  const words = monitorCommand(place, { look: there('/data/coordinator', '/data/monitor', '/etc/resolv.conf') });
  expect(words.slice(0, 8)).toEqual([
    'setpriv',
    '--pdeathsig',
    'TERM',
    '--reuid',
    '65531',
    '--regid',
    '65531',
    '--clear-groups',
  ]);
  expect(words).toContain('--no-new-privs');
  expect(allowed(words)).toEqual([
    'execute,read-file:/lib64/ld-linux-x86-64.so.2',
    'read-file:/lib/x86_64-linux-gnu/libc.so.6',
    'execute,read-file:/run/berth/node',
    'read-file,read-dir:/run/berth/program',
    'read-file:/dev/null',
    'read-file,read-dir:/data/coordinator',
    'read-file:/etc/resolv.conf',
    'write-file,read-file,read-dir,make-reg:/data/monitor',
    'write:/data/monitor',
  ]);
});

test('one that is asked once may write nothing, and what is not there is no rule', () => {
  const words = monitorCommand(place, { isOnce: true, look: there('/data/monitor') });
  expect(words.at(-1)).toBe('--once');
  expect(allowed(words).filter((rule) => rule.includes('/data'))).toEqual(['read-file,read-dir:/data/monitor']);
});
