import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { descendants, type ProcessEntry, snapshot } from '../../packages/server/src/sshd/processes.ts';
import { type ClientKey, eventually, type TestReceiver, withReceiver } from './receiver.ts';

/** LoginGraceTime of our sshd_config. */
const graceMs = 20_000;
/** How long after it a connection that still stalls would be one that was forgotten. */
const afterGraceMs = 5_000;
/** How many log in at once, again and again, while the stalled ones are there: three machines that are very busy. */
const machines = 3;

/** What a server under stalled connections was seen to do. */
export interface Stalled {
  /** Connections that were let in to stall. */
  readonly stalled: number;
  /** Logins of honest machines meanwhile, and how many of them got in. */
  readonly logins: { readonly all: number; readonly good: number };
  /** Processes and connections of the stalled that were alive 5 s past their time. */
  readonly left: number;
  /** Whether an honest machine got in at the end. */
  readonly letsIn: boolean;
}

/**
 * Opens `count` connections that never log in, and lets honest machines log in until those are ended, 27 s in all. Rejects
 * when not all of them were let in to stall: then nothing was tried.
 */
export const stallLogins = async (count: number, signal?: AbortSignal): Promise<Stalled> => {
  await using receiver = await withReceiver();
  const key = await receiver.makeKey();
  await receiver.writeSources({ laptop: { uid: 4001, keys: [key.line] } });
  await eventually('the source is let in', 15_000, () => receiver.letsIn('laptop', key));

  await using attack = await stall(receiver.port, count);
  const opened = performance.now();
  // All of them are let in to stall: 50 an address is what sshd allows.
  await eventually('all of them stall', 5000, async () => {
    const all = await children(receiver);
    return all.filter(({ parent }) => !all.some(({ pid }) => pid === parent)).length === count;
  });

  const logins = await logIn(receiver, key, opened + graceMs - 2000, signal);
  const rest = Math.max(0, opened + graceMs + afterGraceMs - performance.now());
  await sleep(rest, undefined, signal === undefined ? {} : { signal });
  const left = (await children(receiver)).length + attack.open();
  return { stalled: count, logins, left, letsIn: await receiver.letsIn('laptop', key) };
};

/** Connections that say hello and then nothing, from four addresses of the loopback; the honest ones have another. */
const stall = async (port: number, count: number) => {
  const sockets: Socket[] = [];
  for (let index = 0; index < count; index += 1) {
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

const logIn = async (receiver: TestReceiver, key: ClientKey, until: number, signal: AbortSignal | undefined) => {
  const options = [...(await receiver.sshOptions(key)), '-b', '127.0.0.2', '-p', String(receiver.port)];
  const words = [...options, '-o', 'ConnectTimeout=10', `${receiver.login('laptop')}@127.0.0.1`, 'control'];
  const result = { all: 0, good: 0 };
  const machine = async (): Promise<void> => {
    while (performance.now() < until && signal?.aborted !== true) {
      const { exitCode } = await execa('ssh', words, { reject: false, stdin: 'ignore', timeout: 15_000 });
      result.all += 1;
      // 69: let in, and the coordinator is not up.
      if (exitCode === 0 || exitCode === 69) result.good += 1;
    }
  };
  await Promise.all(Array.from({ length: machines }, machine));
  return result;
};
