import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A long line to a server on this machine. */
export interface DelayProxy extends AsyncDisposable {
  readonly port: number;
}

/** More than this on its way in one direction stops the sender: a line of 10 Gbit/s at 50 ms holds as much. */
const mostBytesUnderWay = 64 * 1024 ** 2;

/**
 * Listens on a port of the loopback and passes each connection on to `targetPort`, every byte half of `rttMs` later,
 * each way. Bandwidth is not limited, and since each side speaks TCP with this machine, TCP's own slow start over the
 * long line is not shown: every transport gets the same gift.
 */
export const startDelayProxy = async (targetPort: number, rttMs: number): Promise<DelayProxy> => {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const target = connect({ host: '127.0.0.1', port: targetPort, allowHalfOpen: true, noDelay: true });
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        target.destroy();
      });
    }
    passOn(client, target, rttMs / 2);
    passOn(target, client, rttMs / 2);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
};

interface Underway {
  readonly due: number;
  /** null is the end of the stream. */
  readonly chunk: Buffer | null;
}

const passOn = (from: Socket, to: Socket, delayMs: number): void => {
  let queue: Underway[] = [];
  let bytes = 0;
  let timer: NodeJS.Timeout | null = null;

  const arrive = (): void => {
    timer = null;
    const now = performance.now();
    const first = queue.findIndex(({ due }) => due > now);
    const arrived = first === -1 ? queue : queue.slice(0, first);
    queue = first === -1 ? [] : queue.slice(first);
    to.cork();
    for (const { chunk } of arrived) {
      if (chunk === null) to.end();
      else {
        bytes -= chunk.length;
        to.write(chunk);
      }
    }
    to.uncork();
    if (bytes + to.writableLength < mostBytesUnderWay) from.resume();
    arm();
  };
  const arm = (): void => {
    const next = queue[0];
    if (timer === null && next !== undefined)
      timer = setTimeout(arrive, Math.max(1, Math.ceil(next.due - performance.now())));
  };
  const depart = (chunk: Buffer | null): void => {
    queue.push({ due: performance.now() + delayMs, chunk });
    arm();
  };
  from.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    depart(chunk);
    if (bytes + to.writableLength >= mostBytesUnderWay) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => depart(null));
};
