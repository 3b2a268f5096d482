import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect } from '../../story.ts';

/** A port of the loopback that nobody listens on. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  expect(typeof address === 'object' && address !== null, 'no free port');
  return address.port;
};
