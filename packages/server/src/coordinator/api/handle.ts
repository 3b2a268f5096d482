import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import { deliverySchema } from '@berth/common/control/delivery.ts';
import { heartbeatSchema, leaseRequestSchema } from '@berth/common/control/lease.ts';
import { bodyLimits } from '@berth/common/control/wire.ts';
import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import type { Entry } from '../entry.ts';
import type { Fleet } from '../fleet.ts';
import { assignment } from '../requests/assignment.ts';
import { heartbeat } from '../requests/heartbeat.ts';
import { askLease } from '../requests/lease.ts';
import { logRefusal, refusedReport, takenReport } from '../requests/refused-report.ts';
import { keepReport } from '../requests/report.ts';
import { usage } from '../requests/usage.ts';
import { readBody } from './body.ts';
import { type Budget, spend } from './budget.ts';
import { Refused, refusalBody } from './refusal.ts';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** One request of `source`, which the socket names and nothing in the request can. Rejects for a bug only. */
export const handle = async (
  fleet: Fleet,
  source: string,
  budget: Budget,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  try {
    send(response, await answerTo(fleet, source, budget, request));
  } catch (error) {
    const refused = refusalOf(error);
    // Whoever hung up in the middle of a request hears nothing any more.
    if (refused === null && response.destroyed && !request.complete) return;
    if (refused === null) throw error;
    logRefusal(fleet, source, refused);
    // What still comes of the body is read and dropped, because whoever is still sending does not listen.
    await drained(request);
    if (!request.complete) response.setHeader('connection', 'close');
    if (refused.status === 429) response.setHeader('retry-after', '10');
    send(response, { status: refused.status, body: refusalBody(refused) });
  }
};

/** Resolves when the whole body has come, the connection broke off, or it takes too long. */
const drained = async (request: IncomingMessage): Promise<void> => {
  request.resume();
  const signal = AbortSignal.timeout(longestDrainMs);
  await finished(request, { signal }).catch(() => undefined);
};

const longestDrainMs = 10_000;

const answerTo = async (fleet: Fleet, source: string, budget: Budget, request: IncomingMessage): Promise<Answer> => {
  const entry = fleet.entries.get(source);
  if (entry === undefined)
    throw new Refused(404, 'unknown-source', 'This source is gone from the server.', 'Ask its admin.');
  const { method = '', url = '' } = request;
  const length = request.headers['content-length'];
  const bytes = method === 'GET' ? 0 : length === undefined ? bodyLimits.report : Number(length);
  const waitMs = spend(budget, bytes, performance.now());
  if (waitMs !== null) {
    throw new Refused(
      429,
      'too-many',
      'This source asks too much at once.',
      `Ask again in ${Math.ceil(waitMs / 1000)} s.`,
    );
  }
  const [path = ''] = url.split('?');
  const route = routes.find(({ pattern }) => pattern.test(path));
  if (route === undefined) throw new Refused(404, 'unknown-path', 'There is no such path.', fit);
  const act = route.methods[method];
  if (act === undefined)
    throw new Refused(405, 'method', `${Object.keys(route.methods).join(', ')} is what can be done here.`, fit);
  return act({ fleet, entry, request, run: route.pattern.exec(path)?.[1] ?? '' });
};

const fit = 'Use the berth that fits this server: berth --version, berth-server --version.';

interface Call {
  readonly fleet: Fleet;
  readonly entry: Entry;
  readonly request: IncomingMessage;
  /** As the path says it. */
  readonly run: string;
}

const routes: readonly {
  readonly pattern: RegExp;
  readonly methods: { readonly [method: string]: (call: Call) => Promise<Answer> };
}[] = [
  {
    pattern: /^\/v1\/assignment$/,
    methods: { GET: async ({ fleet, entry }) => ({ status: 200, body: assignment(entry, fleet.nowMs()) }) },
  },
  {
    pattern: /^\/v1\/usage$/,
    methods: { GET: async ({ fleet, entry }) => ({ status: 200, body: usage(entry, fleet.nowMs()) }) },
  },
  {
    pattern: /^\/v1\/runs$/,
    methods: {
      POST: async ({ fleet, entry, request }) => {
        const asked = await readBody(request, bodyLimits.other, leaseRequestSchema);
        const body = await askLease(fleet, entry, asked);
        return { status: body.kind === 'granted' ? 201 : 202, body };
      },
    },
  },
  {
    pattern: /^\/v1\/runs\/([^/]+)$/,
    methods: {
      PATCH: async ({ fleet, entry, request, run }) => {
        const said = await readBody(request, bodyLimits.other, heartbeatSchema);
        return { status: 200, body: heartbeat(fleet, entry, runOf(run), said) };
      },
    },
  },
  {
    pattern: /^\/v1\/runs\/([^/]+)\/report$/,
    methods: {
      POST: async ({ fleet, entry, request, run }) => {
        try {
          const delivery = await readBody(request, bodyLimits.report, deliverySchema);
          const kept = await keepReport(fleet, entry, runOf(run), delivery);
          takenReport(fleet, entry);
          return { status: kept === 'new' ? 201 : 200, body: { kept } };
        } catch (error) {
          if (error instanceof Refused) refusedReport(fleet, entry, error);
          throw error;
        }
      },
    },
  },
];

const runOf = (text: string): string => {
  const read = z.uuid().safeParse(text);
  if (!read.success) throw new Refused(404, 'unknown-run', 'That is no run: a run is a UUID.', fit);
  return read.data;
};

const refusalOf = (error: unknown): Refused | null => {
  if (error instanceof Refused) return error;
  if (!(error instanceof Problem)) return null;
  const status = error.code === 'disk-full' ? 507 : 503;
  return new Refused(status, error.code, error.message, error.remedy);
};

const send = (response: ServerResponse, { status, body }: Answer): void => {
  if (response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
};
