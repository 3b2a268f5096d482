import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Message } from './channel.ts';

/** A request as a stand-in for a service got it. */
export interface Got {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a stand-in answers; null for silence. */
export type Answer = {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
} | null;

/** A local server in the place of a service, for as long as it is used. */
export interface StandIn extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly got: readonly Got[];
}

/** Starts one on loopback that keeps what it gets and answers as it is told; with a certificate it speaks HTTPS. */
export const standIn = async (
  answer: (got: Got) => Answer,
  certificate: { readonly key: string; readonly cert: string } | null = null,
): Promise<StandIn> => {
  const got: Got[] = [];
  const listen: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const one = { method, path, headers, body: Buffer.concat(chunks).toString('utf8') };
      got.push(one);
      const told = answer(one);
      if (told === null) return;
      response.writeHead(told.status, told.headers).end(told.body ?? '');
    });
  };
  const server = certificate === null ? createServer(listen) : createTlsServer({ ...certificate }, listen);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    got,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

/** A port on loopback where nobody listens. */
export const deafPort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** The moment of the examples. */
export const exampleAtMs = Date.parse('2026-11-21T06:00:00Z');

/** A message; say what differs. */
export const exampleMessage = (change: Partial<Message> = {}): Message => ({
  ...{ id: '3f0d2c66-8f1e-4c3c-9d53-9c0c3b1f9a01', kind: 'raised', severity: 'critical' },
  title: 'laptop is overdue',
  body: 'No backup for 5d; it should be one every day.\nSee that the machine is on and reaches the server.',
  ...{
    code: 'overdue',
    sources: ['laptop'],
    atMs: exampleAtMs,
    url: 'https://berth.example.org/sources/laptop',
    mail: null,
  },
  ...change,
});

/** Everything that has broken out of somewhere before: markup of all services, header breaks, terminal escapes, mentions, marks that reorder. */
export const hostileText = [
  '<script>alert(1)</script> <b>bold</b> &amp; "quoted" \'single\'',
  '\r\nBcc: everyone@example.org\r\n\r\nA body of its own',
  '\u001b[31mred\u001b]0;title\u0007 \u009b2J \u0000 \u0008 \u202egnp.exe \u2066 \u200b',
  '@everyone @here @room <!channel> <@U012345> <@&1234> <#C012345> @admin',
  '*bold* _italic_ ~gone~ `code` ```block``` ||spoiler|| > quote # head [link](https://evil.example) ![i](https://evil.example/i.png)',
  '\u2028line \u2029paragraph \ud800 lone',
].join(' ');
