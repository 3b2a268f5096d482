import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** How a control session ended. */
export type ControlEnd = 'done' | 'no-coordinator';

/**
 * Joins `connection` with the coordinator's socket for this source until either side ends. Nothing is read on the way:
 * the socket itself says who is speaking.
 */
export const control = async (connection: Duplex, socketPath: string): Promise<ControlEnd> => {
  const coordinator = connect({ path: socketPath, allowHalfOpen: true });
  const connected = await new Promise<boolean>((resolve) => {
    coordinator.once('connect', () => resolve(true));
    coordinator.once('error', () => resolve(false));
  });
  if (!connected) return 'no-coordinator';
  await Promise.allSettled([pipeline(connection, coordinator), pipeline(coordinator, connection)]);
  return 'done';
};
