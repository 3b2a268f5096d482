import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a stand-in is shown it. */
export interface Asked {
  readonly method: string;
  /** Decoded, in parts. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** Null when it was cut. */
  readonly body: Buffer;
}

/** What a stand-in answers. `cutAfter` breaks the connection after so many bytes of the body; without `length` it comes in chunks. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly cutAfter?: number | null;
}

/**
 * The HTTP server below all stand-ins of engines that cannot be had here: it hands over requests whose body came whole, and keeps what does not keep to the
 * documentation in `broken` for the test to look at.
 */
export const serveStandIn = async (answer: (asked: Asked) => Answer) => {
  const broken: string[] = [];
  const cut: string[] = [];
  const seen: string[] = [];
  const reply = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://stand-in');
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part);
    } catch {
      cut.push(`${request.method} ${url.pathname}`);
      return;
    }
    seen.push(`${request.method} ${url.pathname}${url.search}`);
    const asked: Asked = {
      method: request.method ?? '',
      path: url.pathname.split('/').slice(1).map(decodeURIComponent),
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(parts),
    };
    const { status = 200, headers = {}, body, cutAfter = null } = answer(asked);
    const bytes = body instanceof Uint8Array ? body : Buffer.from(body === undefined ? '' : JSON.stringify(body));
    const type = body instanceof Uint8Array ? 'application/octet-stream' : 'application/json';
    response.writeHead(status, { 'content-type': type, ...headers });
    if (cutAfter === null) return void response.end(status === 204 ? undefined : bytes);
    response.write(bytes.subarray(0, cutAfter), () => setTimeout(() => response.destroy(), 20));
  };
  const server = createServer((request, response) => {
    reply(request, response).catch((error: unknown) => {
      broken.push(error instanceof Error ? error.message : String(error));
      response.writeHead(400).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    /** Requests that the documentation does not know. */
    broken,
    /** Requests whose body was cut. */
    cut,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** For a stand-in that was asked what the documentation does not know. */
export const unknown = (asked: Asked): never => {
  throw new Error(`nobody documented ${asked.method} /${asked.path.join('/')}?${asked.query}`);
};
