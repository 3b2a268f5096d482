import { X509Certificate } from 'node:crypto';
import { parseJson } from '@berth/common/parse-json.ts';
import type { z } from 'zod';
import { ChannelError } from '../../channels/channel.ts';
import { guardedRequest, type Request, type WebAnswer } from '../../channels/http.ts';
import { CertificateError } from '../../channels/http-error.ts';
import {
  type Connections,
  connectionsSchema,
  type DeviceStats,
  deviceStatsSchema,
  eventsSchema,
  type FolderConfig,
  type FolderStatus,
  folderSchema,
  folderStatusSchema,
  type SyncthingEvent,
  systemStatusSchema,
  versionSchema,
} from './answers.ts';
import { watchedEvents } from './events.ts';
import { foreign, SyncthingProblem } from './problem.ts';
import { refusalOf } from './refusal.ts';

/**
 * Syncthing's programming interface, as much of it as is needed: it only reads. Each of these rejects with a SyncthingProblem where
 * there is no answer to use, and ends within its deadline; none tries again.
 */
export interface SyncthingClient {
  readonly system: (signal: AbortSignal) => Promise<{ readonly myID: string; readonly startTime: string }>;
  /** Such as `v1.19.2`. */
  readonly version: (signal: AbortSignal) => Promise<string>;
  /** Null where it has no folder of this id. */
  readonly folder: (id: string, signal: AbortSignal) => Promise<FolderConfig | null>;
  /** Expensive there, so only when it can't be known otherwise. */
  readonly status: (id: string, signal: AbortSignal) => Promise<FolderStatus>;
  readonly connections: (signal: AbortSignal) => Promise<Connections>;
  readonly stats: (signal: AbortSignal) => Promise<DeviceStats>;
  /** What happened after `since`, oldest first; waits up to `timeoutS` for it, and none if nothing does. With a limit the newest ones. */
  readonly events: (
    about: { readonly since: number; readonly timeoutS: number; readonly limit?: number },
    signal: AbortSignal,
  ) => Promise<readonly SyncthingEvent[]>;
}

export interface ClientOptions {
  /** `http://127.0.0.1:8384` */
  readonly url: string;
  /** Of its programming interface: whoever has it may do anything there. */
  readonly key: string;
  /** PEM of the only certificate to trust; null trusts those that Node knows. */
  readonly certificate: string | null;
  /** For an answer, beside what an answer is told to wait. */
  readonly patienceMs?: number;
}

/** A thousand events with the longest names fit in. */
const mostBytes = 8 * 1024 ** 2;

/** Asks the Syncthing at this URL. https://docs.syncthing.net/dev/rest.html */
export const createSyncthing = ({ url, key, certificate, patienceMs = 20_000 }: ClientOptions): SyncthingClient => {
  const guard = (waitMs: number): Request => {
    const trust = certificate === null ? {} : { pinned: certificate };
    return guardedRequest({ ...trust, mostBytes, deadlineMs: waitMs + patienceMs });
  };
  const ask = async (path: string, signal: AbortSignal, waitMs = 0): Promise<WebAnswer> => {
    checkSecrets(key, certificate);
    const headers = { 'X-API-Key': key, Accept: 'application/json' };
    const request = { method: 'GET', url: `${url.replace(/\/$/, '')}/rest/${path}`, headers, signal } as const;
    const answer = await guard(waitMs)({ ...request, allowPrivate: true }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw unreached(error);
    });
    if (answer.status === 200 || answer.status === 404) return answer;
    throw new SyncthingProblem(refusalOf(answer));
  };
  const get = async <Value>(schema: z.ZodType<Value>, path: string, signal: AbortSignal, waitMs = 0): Promise<Value> =>
    read(schema, path, await ask(path, signal, waitMs));

  return {
    system: (signal) => get(systemStatusSchema, 'system/status', signal),
    version: async (signal) => (await get(versionSchema, 'system/version', signal)).version,
    folder: async (id, signal) => {
      const path = `config/folders/${encodeURIComponent(id)}`;
      const answer = await ask(path, signal);
      // Everybody who is no Syncthing answers so too, but the others above come before this.
      return answer.status === 404 ? null : read(folderSchema, path, answer);
    },
    status: (id, signal) => get(folderStatusSchema, `db/status?folder=${encodeURIComponent(id)}`, signal),
    connections: async (signal) => (await get(connectionsSchema, 'system/connections', signal)).connections,
    stats: (signal) => get(deviceStatsSchema, 'stats/device', signal),
    events: async ({ since, timeoutS, limit }, signal) => {
      const most = limit === undefined ? '' : `&limit=${limit}`;
      const path = `events?events=${watchedEvents.join(',')}&since=${since}&timeout=${timeoutS}${most}`;
      return (await get(eventsSchema, path, signal, timeoutS * 1000)) ?? [];
    },
  };
};

/** What no header can carry, or no connection use, is not sent. */
const checkSecrets = (key: string, certificate: string | null): void => {
  if (!/^[\x21-\x7e]+$/.test(key)) {
    const detail = 'the key holds what no key of Syncthing does';
    throw new SyncthingProblem({ kind: 'refused', why: 'key', detail });
  }
  if (certificate === null) return;
  try {
    new X509Certificate(certificate);
  } catch {
    const detail = 'the file that should hold its certificate does not hold one';
    throw new SyncthingProblem({ kind: 'refused', why: 'certificate', detail });
  }
};

const unreached = (error: unknown): SyncthingProblem => {
  const words = error instanceof ChannelError ? error.message : 'it could not be asked';
  const detail = foreign(words);
  if (error instanceof CertificateError) return new SyncthingProblem({ kind: 'refused', why: 'certificate', detail });
  return new SyncthingProblem({ kind: 'down', detail });
};

const read = <Value>(schema: z.ZodType<Value>, path: string, { status, body }: WebAnswer): Value => {
  // Of the path only what is ours.
  const what = path.replace(/[?].*$/, '').replace(/^config\/folders\/.*/, 'config/folders');
  const nonsense = (words: string) =>
    new SyncthingProblem({ kind: 'nonsense', detail: `its answer to /rest/${what} ${words}` });
  if (status === 404) throw nonsense('is 404: this is no Syncthing, or one older than 1.12');
  if (Buffer.byteLength(body) >= mostBytes) throw nonsense('is longer than 8 MiB');
  const json = parseJson(body);
  if (json === null && body.trim() !== 'null') throw nonsense('is no JSON: this may be no Syncthing');
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') ?? '';
  throw nonsense(foreign(`is not understood${where === '' ? '' : `, at ${where}`}`));
};
