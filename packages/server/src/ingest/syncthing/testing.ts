import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FolderStatus } from './answers.ts';

/** Ids of devices in examples. */
export const [nasId, phoneId] = ['NAS-ID', 'PHONE-ID'];
export const exampleKey = 'k'.repeat(32);

/** A folder's status; say what differs. */
export const exampleStatus = (change: Partial<FolderStatus> = {}): FolderStatus => ({
  ...{ state: 'idle', needTotalItems: 0, pullErrors: 0, error: '' },
  ...change,
});

/** What a stand-in for Syncthing knows; a test changes it while it is asked. */
export interface FakeFacts {
  startTime: string;
  /** Those it keeps; the newest ids last. */
  events: { readonly id: number; readonly type: string; readonly data: unknown }[];
  folder: Record<string, unknown> | null;
  status: Record<string, unknown>;
  connections: Record<string, { connected: boolean; paused: boolean }>;
  stats: Record<string, { lastSeen: string }>;
  /** Takes the answer to a path over; false leaves it. */
  override: (path: string, response: ServerResponse) => boolean;
}

/** A stand-in on loopback, for as long as it is used. */
export interface FakeSyncthing extends AsyncDisposable {
  readonly url: string;
  readonly facts: FakeFacts;
  /** Each question: path and query, from `/rest` on. */
  readonly asked: readonly string[];
  /** Something happens; the id follows the newest one unless it is said. */
  readonly happen: (type: string, data: unknown, id?: number) => void;
}

/** Speaks as Syncthing 1.19 does, as far as it is asked here; `speed` times as fast where it waits. */
export const fakeSyncthing = async (speed = 1): Promise<FakeSyncthing> => {
  const facts: FakeFacts = {
    startTime: '2026-11-21T06:00:00Z',
    events: [],
    folder: {
      ...{ id: 'phone-files', paused: false, type: 'receiveonly', ignoreDelete: false, markerName: '.stfolder' },
      devices: [{ deviceID: phoneId }, { deviceID: nasId }],
    },
    status: exampleStatus(),
    connections: { [phoneId]: { connected: true, paused: false }, [nasId]: { connected: false, paused: false } },
    stats: { [phoneId]: { lastSeen: '2026-11-20T20:00:00+01:00' }, [nasId]: { lastSeen: '1970-01-01T00:00:00Z' } },
    override: () => false,
  };
  const asked: string[] = [];
  const events = async (query: URLSearchParams): Promise<unknown> => {
    const since = Number(query.get('since'));
    const fresh = () => facts.events.filter(({ id }) => id > since);
    const untilMs = performance.now() + (Number(query.get('timeout')) * 1000) / speed;
    while (fresh().length === 0 && performance.now() < untilMs) await sleep(2);
    return fresh().slice(-Number(query.get('limit') ?? 1000));
  };
  const answers = new Map<string, (query: URLSearchParams) => unknown>([
    ['/rest/system/status', () => ({ myID: nasId, startTime: facts.startTime })],
    ['/rest/system/version', () => ({ version: 'v1.19.2-ds1' })],
    ['/rest/config/folders/phone-files', () => facts.folder],
    ['/rest/db/status', () => facts.status],
    ['/rest/system/connections', () => ({ connections: facts.connections })],
    ['/rest/stats/device', () => facts.stats],
    ['/rest/events', events],
  ]);
  const server = createServer(async (request, response) => {
    const { pathname, searchParams, search } = new URL(request.url ?? '', 'http://fake');
    asked.push(`${pathname.replace(/^\/rest/, '')}${search}`);
    if (facts.override(pathname, response)) return;
    if (request.headers['x-api-key'] !== exampleKey) return void response.writeHead(403).end('CSRF Error\n');
    const value = await answers.get(pathname)?.(searchParams);
    if (value === undefined || value === null) response.writeHead(404).end('404 page not found\n');
    else response.end(JSON.stringify(value));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...{ url: `http://127.0.0.1:${port}`, facts, asked },
    happen: (type, data, id = (facts.events.at(-1)?.id ?? 0) + 1) => {
      facts.events = [...facts.events, { id, type, data }].slice(-1000);
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
