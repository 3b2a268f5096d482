import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from '@berth/common/errno.ts';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { type DoorOptions, openDoor } from './door.ts';

const inFolder = async <Result>(work: (socket: string) => Promise<Result>): Promise<Result> => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-door-'));
  try {
    return await work(join(folder, 'receive.sock'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const door = (socket: string, script: string, more: Partial<DoorOptions> = {}) =>
  openDoor({
    ...{ socket, uid: null, command: ['sh', '-c', script], environment: { PATH: '/usr/bin:/bin', WISH: 'receive' } },
    ...{ log: pino({ level: 'silent' }), ...more },
  });

/** All that comes until the other side is gone: killed before it had read everything, a socket of the system ends with a reset (unix(7)). */
const heard = async (connection: Socket): Promise<string> => {
  try {
    return await text(connection);
  } catch (error) {
    if (isErrno(error, 'ECONNRESET')) return '';
    throw error;
  }
};

const until = async (isSo: () => boolean): Promise<void> => {
  for (let tries = 0; !isSo() && tries < 500; tries++) await sleep(10);
  expect(isSo()).toBe(true);
};

describe('a door', () => {
  test('makes of a connection the standard streams of a session, with what was said before it had started', () =>
    inFolder(async (socket) => {
      await using _open = await door(socket, 'read first; echo "$WISH $first"; read second; echo "$second"');
      const connection = connect(socket);
      connection.write('early\n');
      connection.write('late\n');
      expect(await text(connection)).toBe('receive early\nlate\n');
    }));

  test('is for its own account alone', () =>
    inFolder(async (socket) => {
      await using _open = await door(socket, 'cat');
      expect((await stat(socket)).mode & 0o777).toBe(0o600);
    }));

  test('is still open after a session that could not even be started', () =>
    inFolder(async (socket) => {
      await using open = await door(socket, 'no program has such a word: \0');
      for (const _ of [1, 2]) expect(await text(connect(socket))).toBe('');
      expect(open.live()).toBe(0);
    }));

  test('says so where its path is too long for a socket', () =>
    inFolder(async (socket) => {
      const path = join(dirname(socket), 'x'.repeat(100), 'receive.sock');
      await expect(door(path, 'cat')).rejects.toMatchObject({ code: 'socket-path' });
      expect(await readdir(dirname(socket))).toEqual([]);
    }));

  test('turns away whoever is one too many, and lets in the next once somebody has left', () =>
    inFolder(async (socket) => {
      await using open = await door(socket, 'cat', { most: 2 });
      const inside = [connect(socket), connect(socket)];
      await until(() => open.live() === 2);
      expect(await text(connect(socket))).toBe('');
      inside[0]?.end();
      await until(() => open.live() === 1);
      const next = connect(socket);
      next.end('hello');
      expect(await text(next)).toBe('hello');
      inside[1]?.destroy();
      await until(() => open.live() === 0);
    }));

  test('ends its sessions when it closes, also those that do not want to, and is gone', () =>
    inFolder(async (socket) => {
      const open = await door(socket, "trap '' TERM; read line; while :; do sleep 0.1; done", { graceMs: 200 });
      const connection = connect(socket);
      connection.write('go\n');
      await until(() => open.live() === 1);
      const ended = heard(connection);
      await open[Symbol.asyncDispose]();
      expect(open.live()).toBe(0);
      expect(await ended).toBe('');
      await expect(stat(socket)).rejects.toThrow('ENOENT');
    }));

  test('lets whoever came in hear that its session could not be started', () =>
    inFolder(async (socket) => {
      await using open = await door(socket, '', { command: ['/nonexistent/session'] });
      expect(await text(connect(socket))).toBe('');
      await until(() => open.live() === 0);
    }));
});
