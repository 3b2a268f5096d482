import { connect } from 'node:net';
import { cancelled, Problem } from '@berth/common/problem.ts';

const patienceMs = 20_000;

/** Sees whether somebody listens there, for tools that would try for minutes or say it badly. Throws 'database-unreachable', 'cancelled'. */
export const reachTcp = async (
  { host, port }: { readonly host: string; readonly port: number },
  who: string,
  signal: AbortSignal,
): Promise<void> => {
  const socket = connect({ host, port, signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]) });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
  } catch (error) {
    if (signal.aborted) throw cancelled(error);
    throw new Problem(
      'database-unreachable',
      `${who} does not answer at ${host}:${port}.`,
      'Look whether it runs, and its address in agent.yaml.',
      { cause: error },
    );
  } finally {
    socket.destroy();
  }
};
