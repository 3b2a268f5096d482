import { once } from 'node:events';
import { connect } from 'node:net';
import { Problem } from '@berth/common/problem.ts';
import { isLocked } from '../supervisor/lock.ts';
import { readState } from '../supervisor/state.ts';

const answerDeadlineMs = 5000;

/**
 * Whether this machine's server does its work: it runs, a sources.yaml is in force, and sshd says hello on its port. Throws a Problem that says which of these
 * is not so. A sources.yaml that was `refused` is no illness: the last good one is in force, and a restart, which is what
 * tools do to the unhealthy, would only take that one away too.
 */
export const health = async (dataDir: string): Promise<{ readonly refused: boolean }> => {
  const state = readState(dataDir);
  if (state === null || !(await isLocked(dataDir))) {
    throw new Problem('down', `No server runs on ${dataDir}.`, 'Look at its last words: berth-server logs');
  }
  if (state.appliedAt === null || state.sshdPid === null) {
    throw new Problem('starting', 'The server is not ready yet.', 'Wait a second, then look again.');
  }
  const greeting = await greetingOf(state.address ?? '127.0.0.1', state.port);
  if (!greeting.startsWith('SSH-2.0-')) {
    throw new Problem('no-answer', `sshd does not answer on port ${state.port}.`, 'See why: berth-server logs');
  }
  return { refused: state.refused !== null };
};

const greetingOf = async (host: string, port: number): Promise<string> => {
  const socket = connect({ host, port });
  const signal = AbortSignal.timeout(answerDeadlineMs);
  try {
    const [first]: unknown[] = await once(socket, 'data', { signal });
    return Buffer.isBuffer(first) ? first.toString('latin1') : '';
  } catch {
    return '';
  } finally {
    socket.destroy();
  }
};
