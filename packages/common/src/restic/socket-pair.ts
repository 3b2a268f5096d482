import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Both ends of one connection. */
export interface SocketPair extends Disposable {
  /** To write to. */
  readonly ours: Socket;
  /** For a child's standard input; nothing here reads it. */
  readonly theirs: Socket;
}

/** More of it in one go than Node's own: a dump comes in pieces of 64 KiB. */
const options = { allowHalfOpen: true, writableHighWaterMark: 1024 * 1024 };

/**
 * Two connected Unix sockets, as socketpair(2) makes them, which Node does not offer. Unlike a pipe, one of them can be ended for good
 * (shutdown) although another process holds it too. The folder they meet in is private and gone when this resolves.
 */
export const socketPair = async (): Promise<SocketPair> => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-'));
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  const ours = new Socket(options);
  try {
    const accepted = new Promise<Socket>((resolve) => void server.once('connection', resolve));
    server.listen(join(folder, 'meet'));
    await once(server, 'listening');
    ours.connect(join(folder, 'meet'));
    await once(ours, 'connect');
    const theirs = await accepted;
    return {
      ours,
      theirs,
      [Symbol.dispose]: () => {
        ours.destroy();
        theirs.destroy();
      },
    };
  } catch (error) {
    ours.destroy();
    throw error;
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
};
