import { Server } from 'node:http';
import { isIPv6 } from 'node:net';
import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';
import { createAdaptorServer } from '@hono/node-server';
import type { Logger } from 'pino';
import type { PageSettings } from '../monitor/settings.ts';
import { pageApp } from './app.ts';
import { attemptsOf } from './door/attempts.ts';
import { doorOf } from './door/who.ts';
import { liveOf } from './live.ts';
import type { PageFacts } from './page.ts';

/** The page that is served. */
export interface ServedPage {
  /** Such as http://127.0.0.1:8480. */
  readonly url: string;
  /** Ends every connection; resolves when the port is free. */
  readonly close: () => Promise<void>;
}

/**
 * Serves the page until it is closed. Throws the Problem `page-port` where the address and port can not be had: another program has them, or
 * they are none of this machine's; and `page-proxy` for a proxy's address that is none. `port` 0 takes any that is free.
 */
export const servePage = async (facts: PageFacts, settings: PageSettings, log: Logger): Promise<ServedPage> => {
  const door = doorOf(
    settings,
    attemptsOf(() => performance.now()),
  );
  const live = liveOf(facts.onChange);
  const hosts = (): readonly string[] => [...settings.hosts, ...hostOf(facts.overview()?.server.pageUrl ?? null)];
  const app = pageApp({ ...{ facts, live, log }, guard: { hosts, door, addressOf, log } });
  const server = createAdaptorServer({ fetch: app.fetch, serverOptions: limits });
  if (!(server instanceof Server)) throw new Error('not a server of HTTP/1.1');
  server.maxConnections = 256;
  const { address, port } = settings;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port }, resolve);
    });
  } catch (error) {
    live.close();
    throw portProblem(error, address, port);
  }
  server.on('error', (error) => log.error({ err: error }, 'the page had trouble'));
  const bound = server.address();
  const used = typeof bound === 'object' && bound !== null ? bound.port : port;
  return {
    url: `http://${isIPv6(address) ? `[${address}]` : address}:${used}`,
    close: async () => {
      live.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
};

/** Whoever sends slowly, or nothing, is let go: headers within 10 s, all of a request within 20. */
const limits = {
  ...{ headersTimeout: 10_000, requestTimeout: 20_000, keepAliveTimeout: 5000, connectionsCheckingInterval: 5000 },
  maxHeaderSize: 16_384,
};

const addressOf = (env: unknown): string => {
  if (typeof env !== 'object' || env === null || !('incoming' in env)) return '';
  const { incoming } = env;
  if (typeof incoming !== 'object' || incoming === null || !('socket' in incoming)) return '';
  const { socket } = incoming;
  if (typeof socket !== 'object' || socket === null || !('remoteAddress' in socket)) return '';
  return typeof socket.remoteAddress === 'string' ? socket.remoteAddress : '';
};

/** The name that the admin wrote for links is one under which the page is asked for. */
const hostOf = (url: string | null): readonly string[] =>
  url !== null && URL.canParse(url) ? [new URL(url).host] : [];

const reasons = [
  ['EADDRINUSE', 'another program has it'],
  ['EADDRNOTAVAIL', 'this machine has no such address'],
  ['EACCES', 'ports below 1024 are for root'],
] as const;

const portProblem = (error: unknown, address: string, port: number): unknown => {
  const why = reasons.find(([code]) => isErrno(error, code))?.[1];
  if (why === undefined) return error;
  return new Problem(
    'page-port',
    `The page can not listen on ${address}, port ${port}: ${why}.`,
    'Write another address or port into page.listen of sources.yaml, or end the other program.',
    { cause: error },
  );
};
