import { lstatSync, unlinkSync } from 'node:fs';
import { createServer as createHttp, type Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { isErrno } from '@berth/common/errno.ts';
import type { Logger } from 'pino';
import { requireSocketPath } from '../../socket-path.ts';
import type { Fleet } from '../fleet.ts';
import { socketFile } from '../paths.ts';
import { type Allowance, type Budget, fullBudget, usualAllowance } from './budget.ts';
import { handle } from './handle.ts';
import { refusalBody } from './refusal.ts';

/** Bounds of what one source can hold of the coordinator. Times in milliseconds. */
export const usualBounds = {
  connections: 8,
  headerBytes: 8192,
  /** From the first byte of a request, or from connecting, to the end of its headers and of the whole. */
  headersMs: 20_000,
  requestMs: 60_000,
  /** Between two requests of a connection. */
  idleMs: 120_000,
  checkMs: 5000,
} as const;
export type Bounds = { readonly [Name in keyof typeof usualBounds]: number };

/**
 * One socket for each source, and one HTTP server behind all of them: who speaks is known by which socket the connection
 * came through, and by nothing else.
 */
export class Sockets {
  readonly #control: string;
  readonly #log: Logger;
  readonly #bounds: Bounds;
  readonly #allowance: Allowance;
  readonly #http: HttpServer;
  readonly #servers = new Map<string, Server>();
  readonly #budgets = new Map<string, Budget>();
  readonly #sources = new WeakMap<Socket, string>();

  constructor(args: {
    /** `<runtime>/control`. */
    readonly control: string;
    readonly fleet: Fleet;
    readonly log: Logger;
    readonly bounds?: Partial<Bounds>;
    readonly allowance?: Allowance;
    /** A bug in an answer. */
    readonly onBug: (error: unknown) => void;
  }) {
    this.#control = args.control;
    this.#log = args.log;
    this.#bounds = { ...usualBounds, ...args.bounds };
    this.#allowance = args.allowance ?? usualAllowance;
    const { headerBytes, headersMs, requestMs, idleMs, checkMs } = this.#bounds;
    this.#http = createHttp(
      {
        maxHeaderSize: headerBytes,
        headersTimeout: headersMs,
        requestTimeout: requestMs,
        keepAliveTimeout: idleMs,
        connectionsCheckingInterval: checkMs,
      },
      (request, response) => {
        const source = this.#sources.get(request.socket);
        const budget = source === undefined ? undefined : this.#budgets.get(source);
        // Its socket was closed while the request was on its way.
        if (source === undefined || budget === undefined) {
          request.socket.destroy();
          return;
        }
        handle(args.fleet, source, budget, request, response).catch(args.onBug);
      },
    );
    this.#http.on('clientError', (error, socket) => {
      if (!socket.writable) {
        socket.destroy();
        return;
      }
      const status =
        'code' in error && error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
      const text = JSON.stringify(
        refusalBody({ code: 'no-http', message: 'That is no request that can be read.', remedy: fit }),
      );
      socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\n\r\n${text}`);
    });
    // The server's own times are kept only once it listens (_http_server.js, setupConnectionsTracking), which others do for it.
    this.#http.emit('listening');
  }

  /** Makes the sockets of `names` and removes all others; resolves with those that could not be made. */
  async apply(names: readonly string[]): Promise<readonly string[]> {
    const wanted = new Set(names);
    for (const name of [...this.#servers.keys()]) {
      // One whose folder was made anew listens where nobody can reach it.
      if (!wanted.has(name) || !isThere(socketFile(this.#control, name))) this.#remove(name);
    }
    const fresh = names.filter((name) => !this.#servers.has(name));
    const made = await Promise.all(fresh.map((name) => this.#listen(name)));
    return fresh.filter((_, index) => made[index] === false);
  }

  /** Closes every socket and every connection. */
  close(): void {
    for (const name of [...this.#servers.keys()]) this.#remove(name);
    this.#http.close();
    this.#http.closeAllConnections();
  }

  #remove(name: string): void {
    this.#servers.get(name)?.close();
    this.#servers.delete(name);
    this.#budgets.delete(name);
    unlinkSocket(socketFile(this.#control, name));
  }

  #listen(name: string): Promise<boolean> {
    const path = socketFile(this.#control, name);
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#sources.set(socket, name);
      this.#http.emit('connection', socket);
    });
    server.maxConnections = this.#bounds.connections;
    return new Promise((resolve) => {
      server.on('error', (error) => {
        this.#log.error({ source: name, err: error }, 'the socket of a source does not work');
        resolve(false);
      });
      // A coordinator that was killed left its own behind. The folder is the wall, so anyone who reaches the socket may speak.
      try {
        requireSocketPath(path);
        unlinkSocket(path);
      } catch (error) {
        server.emit('error', error);
        return;
      }
      server.listen({ path, readableAll: true, writableAll: true }, () => {
        this.#servers.set(name, server);
        this.#budgets.set(name, fullBudget(this.#allowance, performance.now()));
        resolve(true);
      });
    });
  }
}

const isThere = (path: string): boolean => {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true;
  } catch {
    // What can not be looked at is listened on anew, which says what is wrong.
    return false;
  }
};

/** Gone, or never there, or its folder is gone. */
const unlinkSocket = (path: string): void => {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
};

const fit = 'Speak HTTP/1.1 with JSON: /v1/assignment is a beginning.';
