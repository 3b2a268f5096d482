import { once } from 'node:events';
import { createServer, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

const engineSocket = '/var/run/docker.sock';

/**
 * The engine, seen through a socket in `directory` by which it tells of containers what one without the memory controller tells: that
 * they have no limit. Answers with the DOCKER_HOST.
 */
export const withWeakEngine = async (
  directory: string,
): Promise<AsyncDisposable & { readonly env: { readonly DOCKER_HOST: string } }> => {
  const server = createServer((asked, answer) => {
    const { method, url: path, headers } = asked;
    const passedOn = request({ socketPath: engineSocket, method, path, headers }, (told) => {
      const { statusCode = 502, headers: fields } = told;
      if (/^\/containers\/[^/]+\/json/.test(path ?? '')) {
        void text(told).then((body) => weaken(answer, statusCode, body));
        return;
      }
      answer.writeHead(statusCode, fields);
      pipeline(told, answer).catch(() => answer.destroy());
    });
    passedOn.on('error', () => answer.destroy());
    pipeline(asked, passedOn).catch(() => answer.destroy());
  });
  const socket = join(directory, 'weak.sock');
  server.listen(socket);
  await once(server, 'listening');
  return {
    env: { DOCKER_HOST: `unix://${socket}` },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};

const weaken = (answer: ServerResponse, status: number, body: string): void => {
  answer.writeHead(status, { 'content-type': 'application/json' });
  answer.end(body.replace(/"Memory":\d+/, '"Memory":0'));
};
