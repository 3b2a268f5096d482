import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const container = '/containers/[\\w.-]+';

/** All that berth asks an engine for; docs/containers.md says the same to people. `exec` is wanted only for databases and hooks in containers. */
export const allowed: readonly RegExp[] = [
  /^(?:GET|HEAD) \/_ping$/,
  /^GET \/containers\/json$/,
  new RegExp(`^GET ${container}/json$`),
  new RegExp(`^POST ${container}/(?:start|stop|pause|unpause)$`),
  new RegExp(`^POST ${container}/exec$`),
  /^POST \/exec\/\w+\/start$/,
  /^GET \/exec\/\w+\/json$/,
];

/** A proxy in front of an engine's socket that passes on what `rules` allow, and answers 403 to everything else. `refused` is what that was. */
export const withAllowListProxy = async (engineSocket: string, rules: readonly RegExp[] = allowed) => {
  const refused: string[] = [];
  const isAllowed = ({ method, url = '' }: IncomingMessage): boolean => {
    const asked = `${method} ${url.split('?')[0]?.replace(/^\/v[\d.]+/, '')}`;
    if (rules.some((rule) => rule.test(asked))) return true;
    refused.push(asked);
    return false;
  };
  const server = createServer((asked, answer) => {
    if (!isAllowed(asked)) {
      answer.writeHead(403, { 'content-type': 'application/json' }).end('{"message":"not on the list"}');
      return;
    }
    const { method, url: path, headers } = asked;
    const passedOn = request({ socketPath: engineSocket, method, path, headers }, (told) => {
      answer.writeHead(told.statusCode ?? 502, told.headers);
      pipeline(told, answer).catch(() => answer.destroy());
    });
    passedOn.on('error', () => answer.destroy());
    pipeline(asked, passedOn).catch(() => answer.destroy());
  });
  const open = new Set<Duplex>();
  // A process's streams: from here on bytes, each way until its own end.
  server.on('upgrade', (asked: IncomingMessage, client: Duplex, first: Buffer) => {
    if (!isAllowed(asked)) return void client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
    const engine = connect({ path: engineSocket, allowHalfOpen: true });
    open.add(client).add(engine);
    const fields = asked.rawHeaders.map((word, place) => (place % 2 === 0 ? `${word}: ` : `${word}\r\n`)).join('');
    engine.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${fields}\r\n`);
    engine.write(first);
    for (const [from, to] of [
      [client, engine],
      [engine, client],
    ] as const) {
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `tcp://127.0.0.1:${port}`,
    refused,
    [Symbol.asyncDispose]: async (): Promise<void> => {
      for (const stream of open) stream.destroy();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};
