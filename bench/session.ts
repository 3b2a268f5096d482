import { setTimeout as sleep } from 'node:timers/promises';
import { openTransport } from '../packages/agent/src/transport/transport.ts';
import { RestClient } from '../test/helpers/rest-client.ts';
import { type Memory, memoryOf, sessionsBelow } from './processes.ts';
import type { SshServer } from './servers/server.ts';
import { median } from './table.ts';
import { sshOf } from './ways.ts';

/** What one session costs. */
export interface SessionCost {
  /** From starting ssh to the first HTTP answer, over an open connection. */
  readonly startMs: number;
  /** The same with a connection of its own. */
  readonly coldMs: number;
  /** A session that has answered and waits. */
  readonly idle: Memory;
}

/** Medians of `times` starts each way, without a delay. */
export const measureSession = async (server: SshServer, times: number): Promise<SessionCost> => {
  const destination = { host: '127.0.0.1', port: server.port, user: server.user };
  await using master = await openTransport({ destination, home: server.home });
  const ssh = sshOf(master.options).split(' ');
  const [program = 'ssh', ...options] = ssh;
  const warm: number[] = [];
  const cold: number[] = [];
  for (let index = 0; index < times; index += 1) {
    warm.push(await firstAnswer([...ssh, 'receive']));
    cold.push(await firstAnswer([program, '-S', 'none', ...options, 'receive']));
  }
  return { startMs: median(warm), coldMs: median(cold), idle: await idleMemory(server.pid, [...ssh, 'receive']) };
};

const firstAnswer = async (command: readonly string[]): Promise<number> => {
  const started = performance.now();
  await using client = new RestClient(command);
  await client.request('GET', '/snapshots/');
  return performance.now() - started;
};

const idleMemory = async (serverPid: number, command: readonly string[]): Promise<Memory> => {
  await using client = new RestClient(command);
  await client.request('GET', '/snapshots/');
  await sleep(1000);
  const [pid = 0] = sessionsBelow(serverPid);
  const memory = memoryOf(pid);
  if (memory === null) throw new Error('no session was found below the receiver');
  return memory;
};
