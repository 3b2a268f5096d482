import { describe, expect, test } from 'vitest';
import { sourceOf } from '../accounts/testing.ts';
import { connectionsOf, connectionsToEnd, doorSessions, type Listener } from './connections.ts';
import type { ProcessEntry } from './processes.ts';

const [ours, hosts] = ['mnt:[2]', 'mnt:[1]'];
const listener: Listener = { pid: 10, rootless: false, mountNamespace: ours, supervisor: 5 };
const pc = sourceOf('pc', 4001, [1, 2]);
const nas = sourceOf('nas', 4002, [3]);
const keyOf = (source: typeof pc, index: number): string => source.keys[index]?.fingerprint ?? '';

const entry = (
  pid: number,
  parent: number,
  uid: number,
  argv: readonly string[],
  mountNamespace = ours,
): ProcessEntry => ({
  pid,
  parent,
  startTime: pid,
  uid,
  argv,
  mountNamespace,
});
const session = (pid: number, parent: number, uid: number, name: string, key: string): ProcessEntry =>
  entry(pid, parent, uid, ['/run/berth/node', '/run/berth/program/main.ts', '--source', name, '--key', key]);

/** The supervisor, its sshd, and a stranger's sshd on the same machine. */
const host = [
  entry(5, 1, 0, ['node', 'cli.ts']),
  entry(10, 5, 0, ['sshd: /usr/sbin/sshd -D [listener] 0 of 100-200 startups']),
  entry(90, 1, 0, ['sshd: /usr/sbin/sshd [listener]'], hosts),
  entry(91, 90, 0, ['sshd: pc [priv]'], hosts),
  entry(92, 91, 4001, ['sshd: pc@notty'], hosts),
];
const working = (key: string): readonly ProcessEntry[] => [
  entry(20, 10, 0, ['sshd: pc [priv]']),
  entry(21, 20, 4001, ['sshd: pc@notty']),
  session(22, 21, 4001, 'pc', key),
];
const bySftp = (): readonly ProcessEntry[] => [
  entry(60, 10, 0, ['sshd-session: pc [priv]']),
  entry(61, 60, 4001, ['sshd-session: pc@notty']),
  entry(62, 61, 4001, ['sshd-session: pc@internal-sftp']),
];
const idle = [entry(30, 10, 0, ['sshd-session: pc [priv]']), entry(31, 30, 4001, ['sshd-session: pc'])];
const entering = [entry(40, 10, 0, ['sshd-session: pc [priv]']), entry(41, 40, 65_533, ['sshd-auth: pc [net]'])];

const ended = (
  all: readonly ProcessEntry[],
  before: readonly (typeof pc)[],
  after: readonly (typeof pc)[],
  where = listener,
) => connectionsToEnd(connectionsOf(all, where, [...before, ...after]), before, after).map(({ pid }) => pid);

describe('connections in /proc', () => {
  test('are the children of our sshd and what is below them, and nobody else', () => {
    const connections = connectionsOf([...host, ...working(keyOf(pc, 0)), ...idle, ...entering], listener, [pc, nas]);
    expect(connections.map(({ processes }) => processes.map(({ pid }) => pid))).toEqual([
      [20, 21, 22],
      [30, 31],
      [40, 41],
    ]);
    expect(
      connections.map(({ source, key, authenticated, sessions }) => ({ source, key, authenticated, sessions })),
    ).toEqual([
      { source: 'pc', key: keyOf(pc, 0), authenticated: true, sessions: 1 },
      { source: 'pc', key: null, authenticated: true, sessions: 0 },
      { source: null, key: null, authenticated: false, sessions: 0 },
    ]);
  });

  test('are found by our mount namespace when the sshd they came through is gone', () => {
    const orphan = [entry(50, 1, 0, ['sshd: pc [priv]']), entry(51, 50, 4001, ['sshd: pc@notty'])];
    expect(connectionsOf([...host, ...orphan], listener, [pc]).map(({ pid }) => pid)).toEqual([50]);
    // Where we have no namespace of our own, or may not read others', nothing is ours by it.
    const unreadable = [...host, ...orphan].map((one) => ({ ...one, mountNamespace: '' }));
    expect(connectionsOf(unreadable, { ...listener, mountNamespace: '' }, [pc])).toEqual([]);
  });
});

describe('after a change', () => {
  test('a connection ends with its source, whether it works or idles', () => {
    expect(ended([...host, ...working(keyOf(pc, 0)), ...idle, ...entering], [pc, nas], [nas])).toEqual([20, 30]);
  });

  test('a connection ends with its key; one whose key is still listed stays', () => {
    const rotated = sourceOf('pc', 4001, [2, 9]);
    expect(ended([...host, ...working(keyOf(pc, 0))], [pc], [rotated])).toEqual([20]);
    expect(ended([...host, ...working(keyOf(pc, 1))], [pc], [rotated])).toEqual([]);
  });

  test('an idle one ends when its source lost a key, and not when it only gained one', () => {
    expect(ended([...host, ...idle], [pc], [sourceOf('pc', 4001, [2])])).toEqual([30]);
    expect(ended([...host, ...idle], [pc], [sourceOf('pc', 4001, [1, 2, 3])])).toEqual([]);
    expect(ended([...host, ...idle], [pc, nas], [pc])).toEqual([]);
  });

  test('a source that turns to SFTP, or back, loses what served it otherwise, and what may yet', () => {
    const sftp: typeof pc = { ...pc, access: 'sftp' };
    const all = [...host, ...working(keyOf(pc, 0)), ...idle, ...bySftp()];
    expect(connectionsOf(all, listener, [pc]).map(({ serves, sessions }) => [serves, sessions])).toEqual([
      ['restic', 1],
      [null, 0],
      ['sftp', 1],
    ]);
    expect(ended(all, [pc], [sftp])).toEqual([20, 30]);
    expect(ended(all, [sftp], [pc])).toEqual([30, 60]);
    expect(ended(all, [sftp], [{ ...sftp, immutable: true }])).toEqual([]);
  });

  test('one that calls itself another source is still judged by its UID', () => {
    const liar = [
      entry(20, 10, 0, ['sshd: pc [priv]']),
      entry(21, 20, 4001, ['sshd: pc@notty']),
      session(22, 21, 4001, 'nas', keyOf(nas, 0)),
    ];
    expect(ended([...host, ...liar], [pc, nas], [nas])).toEqual([20]);
  });

  test('one of an account that no list has any more ends', () => {
    expect(ended([...host, ...working(keyOf(pc, 0))], [nas], [nas])).toEqual([20]);
  });

  test('without UIDs the session says whose it is, and an idle one could be anyone', () => {
    const rootless = { ...listener, rootless: true, mountNamespace: '' };
    const me = [
      entry(20, 10, 1000, ['sshd: me [priv]']),
      entry(21, 20, 1000, ['sshd: me@notty']),
      session(22, 21, 1000, 'pc', keyOf(pc, 0)),
      entry(30, 10, 1000, ['sshd: me [priv]']),
      entry(31, 30, 1000, ['sshd: me']),
      entry(40, 10, 1000, ['sshd: [accepted]']),
    ];
    expect(ended([...host, ...me], [pc, nas], [pc], rootless)).toEqual([30]);
    expect(ended([...host, ...me], [pc, nas], [nas], rootless)).toEqual([20, 30]);
    expect(ended([...host, ...me], [pc], [pc, nas], rootless)).toEqual([]);
  });
});

test('a session through a door of the supervisor is no connection, and is found by its parent and its missing key', () => {
  const inside = session(70, 5, 4001, 'pc', 'door');
  const all = [...host, inside, session(71, 90, 4001, 'pc', 'door'), ...working(keyOf(pc, 0))];
  expect(doorSessions(all, 5)).toEqual([{ source: 'pc', process: inside }]);
  expect(connectionsOf(all, listener, [pc, nas]).map(({ pid }) => pid)).not.toContain(70);
});
