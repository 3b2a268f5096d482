import { connect } from 'node:net';
import { type Away, controlOver } from '@berth/agent/server/control.ts';
import { type Coordinator, createCoordinator, type Line } from '@berth/agent/server/coordinator.ts';
import { isErrno } from '@berth/common/errno.ts';

/** The coordinator behind the socket of a source on this machine. Nobody listening there is an ordinary answer: backups work without. */
export const coordinatorOn = (path: string, signal: AbortSignal): Coordinator =>
  createCoordinator(() => open(path), signal);

const open = (path: string): Promise<Line | Away> =>
  new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => resolve({ control: controlOver(socket), end: () => socket.destroy() }));
    // After it was open: the question under way learns of it by the end of the stream.
    socket.on('error', (error) =>
      resolve(
        isErrno(error, 'ENOENT', 'ECONNREFUSED')
          ? { kind: 'no-coordinator' }
          : { kind: 'failed', detail: error.message },
      ),
    );
  });
