import { connect, createServer, type Socket } from 'node:net';

/**
 * A TCP proxy on loopback to `port` that cuts a connection, both ways at once and without a goodbye, as soon as
 * `cutAfterBytes()` bytes went from client to server on it, and calls `cut`; null lets it live. It is asked with every
 * piece, so that a connection that carries little, such as the one to the coordinator, uses up no cut.
 */
export const cuttingProxy = async (port: number, cutAfterBytes: () => number | null, cut = (): void => undefined) => {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    const both = [client, upstream];
    let passed = 0;
    for (const socket of both) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        for (const other of both) other.destroy();
      });
    }
    client.on('data', (chunk: Buffer) => {
      const limit = cutAfterBytes() ?? Number.POSITIVE_INFINITY;
      upstream.write(chunk.subarray(0, Math.max(0, limit - passed)));
      passed += chunk.length;
      if (passed < limit) return;
      cut();
      for (const socket of both) socket.resetAndDestroy();
    });
    upstream.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
