import { connect, createServer, type Socket } from 'node:net';

/**
 * A TCP proxy on loopback to `port` that cuts each connection, both ways at once and without a goodbye, as soon as
 * `cutAfterBytes()` bytes went from client to server; null lets it live.
 */
export const cuttingProxy = async (port: number, cutAfterBytes: () => number | null) => {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const limit = cutAfterBytes();
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
      const rest = limit === null ? chunk.length : limit - passed;
      passed += chunk.length;
      upstream.write(chunk.subarray(0, rest));
      if (limit !== null && passed >= limit) for (const socket of both) socket.resetAndDestroy();
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
