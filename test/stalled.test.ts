import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { descendants, type ProcessEntry, snapshot } from '../packages/server/src/sshd/processes.ts';
import { type ClientKey, eventually, type TestReceiver, withReceiver } from './helpers/receiver.ts';

const stalled = 200;
/** LoginGraceTime of our sshd_config. */
const graceMs = 20_000;
/** How many log in at once, again and again, while the stalled ones are there: three machines that are very busy. */
const machines = 3;

test('200 stalled connections keep nobody out: 99 % of honest logins succeed, and no stalled child outlives its time', async () => {
  await using receiver = await withReceiver();
  const key = await receiver.makeKey();
  await receiver.writeSources({ laptop: { uid: 4001, keys: [key.line] } });
  await eventually('the source is let in', 15_000, () => receiver.letsIn('laptop', key));

  await using attack = await stall(receiver.port);
  const opened = performance.now();
  // All of them are let in to stall: 50 an address is what sshd allows.
  await eventually('all of them stall', 5000, async () => {
    const all = await children(receiver);
    return all.filter(({ parent }) => !all.some(({ pid }) => pid === parent)).length === stalled;
  });

  const honest = await logins(receiver, key, opened + graceMs - 2000);
  expect(honest.all).toBeGreaterThan(20);
  expect(honest.good / honest.all).toBeGreaterThanOrEqual(0.99);

  await sleep(Math.max(0, opened + graceMs + 5000 - performance.now()));
  expect(await children(receiver)).toEqual([]);
  expect(attack.open()).toBe(0);
  expect(await receiver.letsIn('laptop', key)).toBe(true);
});

/** Connections that say hello and then nothing, from four addresses of the loopback; the honest ones have another. */
const stall = async (port: number) => {
  const sockets: Socket[] = [];
  for (let index = 0; index < stalled; index += 1) {
    const socket = connect({ host: '127.0.0.1', port, localAddress: `127.0.0.${10 + (index % 4)}` });
    socket.on('error', () => socket.destroy());
    // Every other one leaves sshd waiting for its very first word.
    socket.on('connect', () => index % 2 === 0 && socket.write('SSH-2.0-OpenSSH_9.9\r\n'));
    socket.resume();
    sockets.push(socket);
    // As an attacker would: as fast as the server can fork, not faster than its listen queue.
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  }
  return {
    open: (): number => sockets.filter((socket) => !socket.destroyed && socket.readable).length,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
    },
  };
};

/** The processes of our sshd's connections, a connection's own before what is below it. */
const children = async (receiver: TestReceiver): Promise<readonly ProcessEntry[]> => {
  const state: unknown = JSON.parse(await readFile(join(receiver.dataDir, 'server.json'), 'utf8'));
  const listener = typeof state === 'object' && state !== null && 'sshdPid' in state ? Number(state.sshdPid) : 0;
  return descendants(snapshot(), [listener]);
};

const logins = async (receiver: TestReceiver, key: ClientKey, until: number) => {
  const options = [...(await receiver.sshOptions(key)), '-b', '127.0.0.2', '-p', String(receiver.port)];
  const words = [...options, '-o', 'ConnectTimeout=10', `${receiver.login('laptop')}@127.0.0.1`, 'control'];
  const result = { all: 0, good: 0 };
  const machine = async (): Promise<void> => {
    while (performance.now() < until) {
      const { exitCode } = await execa('ssh', words, { reject: false, stdin: 'ignore', timeout: 15_000 });
      result.all += 1;
      // 69: let in, and there is no coordinator yet.
      if (exitCode === 69) result.good += 1;
    }
  };
  await Promise.all(Array.from({ length: machines }, machine));
  return result;
};
