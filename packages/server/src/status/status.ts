import type { Bytes, Millis } from '@berth/common/brand.ts';
import type { Policy } from '@berth/common/control/policy.ts';
import { homeIn } from '../accounts/directories.ts';
import type { StoredFacts } from '../coordinator/link.ts';
import { formatWindow } from '../coordinator/plan/window.ts';
import type { Condition } from '../events/condition.ts';
import { readConditions } from '../events/files.ts';
import type { PhoneFacts } from '../ingest/facts.ts';
import { readPhoneFacts } from '../ingest/facts-file.ts';
import { type PhonePlan, phonePlanOf } from '../ingest/phone-words.ts';
import { clockOf } from '../jobs/clock.ts';
import { type JobRecords, readJobs } from '../jobs/jobs-file.ts';
import { storageTrouble } from '../jobs/storage-trouble.ts';
import { storedFactsOf } from '../jobs/stored-facts.ts';
import type { Judgement } from '../sftp/judge.ts';
import { toConfig } from '../sources/config.ts';
import { loadSources } from '../sources/load.ts';
import { hostTimeZone } from '../sources/schedule.ts';
import type { Access, Source } from '../sources/source.ts';
import { storedBySftp } from '../supervisor/coordinator/linked.ts';
import { isLocked } from '../supervisor/lock.ts';
import { appliedFile, readState, type ServerState } from '../supervisor/state.ts';
import { lastActivity, madeAt } from './activity.ts';
import { coordinatedIn } from './coordinated.ts';
import { type Planned, plannedOf } from './planned.ts';
import { sessionsBySource } from './sessions.ts';
import { type Stored, storedOf } from './stored.ts';

export interface SourceStatus extends Planned {
  readonly name: string;
  readonly uid: number;
  readonly keys: readonly string[];
  /** The most it may store; null where the disk is the only limit. */
  readonly quotaBytes: Bytes | null;
  readonly access: Access;
  readonly immutable: boolean;
  readonly everyMs: Millis;
  /** As `22:00-06:00`; null for any time. */
  readonly window: string | null;
  readonly overdueAfterMs: Millis;
  readonly policy: Policy;
  /** What passes over an SFTP source found; null for the others, and before the first pass. */
  readonly sftp: Judgement | null;
  /** Of a phone, which the server backs up itself; null for every machine. */
  readonly ingest: PhonePlan | null;
  /** What the server last wrote down of a phone; null before that, and for every machine. */
  readonly phone: PhoneFacts | null;
  /** Sessions running now: a backup, a restore, a check. */
  readonly sessions: number;
  /** When the source last changed anything, UTC; null when it never did. */
  readonly lastActivity: string | null;
  /** What it stores, as of the last review; null before the first, and for SFTP sources. */
  readonly stored: Stored | null;
}

/** What `status` shows. */
export interface ServerStatus {
  readonly up: boolean;
  /** What the server (or the last one) recorded; null when none ever ran on this data directory. */
  readonly server: ServerState | null;
  /** What gives out the slots. `none`: it has never run here, so nothing is planned. */
  readonly coordinator: 'up' | 'down' | 'none';
  /** What tells people. `none`: it has never run here. */
  readonly monitor: 'up' | 'down' | 'none';
  /** Where the page is; null where there is none. */
  readonly page: string | null;
  /** Why what it knows can not be read; null when it can. */
  readonly coordinatorTrouble: string | null;
  /** How many sources may run at once. */
  readonly concurrency: number;
  /** Whose wall clock slots go by. */
  readonly timeZone: string;
  /** What the windows can not hold. */
  readonly tight: readonly { readonly text: string; readonly remedy: string }[];
  readonly sources: readonly SourceStatus[];
  /** What is wrong now: events/condition.ts. */
  readonly conditions: readonly Condition[];
  /** Whether the server purges by its clock: jobs/clock.ts. */
  readonly clockTrusted: boolean;
}

/**
 * Looks from outside, without asking the server or its coordinator, so it works when they hang. Reads nothing that a
 * source wrote, but what the coordinator kept of its reports. `nowMs` is UTC milliseconds.
 */
export const status = async (dataDir: string, nowMs: number = Date.now()): Promise<ServerStatus> => {
  const [up, loaded] = await Promise.all([isLocked(dataDir), loadSources(appliedFile(dataDir))]);
  const server = readState(dataDir);
  const { sources, settings } = loaded.kind === 'ok' ? loaded.config : toConfig({ sources: {} }, hostTimeZone());
  const jobs = readJobs(dataDir);
  const sessions = up && server !== null ? sessionsBySource(server, sources) : new Map<string, number>();
  const sftpOf = (name: string): Judgement | null => server?.sftp[name] ?? null;
  const facts = new Map<string, StoredFacts | null>(
    sources.map((source) => [source.name, factsOf(dataDir, source, sftpOf(source.name), jobs)]),
  );
  const { fleet, trouble } = coordinatedIn(dataDir, nowMs, (name) => facts.get(name) ?? null);
  const phones = new Map(readPhoneFacts(dataDir).map((phone) => [phone.name, phone]));
  const known = new Map(fleet?.sources.map((source) => [source.name, source]));
  const isCoordinated = up && server !== null && server.coordinatorPid !== null;
  return {
    up,
    server,
    coordinator: isCoordinated ? 'up' : fleet === null && trouble === null ? 'none' : 'down',
    ...monitorOf(server, up),
    coordinatorTrouble: trouble,
    ...{ concurrency: settings.concurrency, timeZone: settings.timeZone, tight: fleet?.tight ?? [] },
    conditions: readConditions(dataDir),
    clockTrusted: clockOf(dataDir).trusted,
    sources: sources.map((source) => {
      const sftp = source.access === 'sftp' ? sftpOf(source.name) : null;
      return {
        name: source.name,
        uid: source.uid,
        keys: source.keys.map(({ fingerprint }) => fingerprint),
        quotaBytes: source.quotaBytes,
        access: source.access,
        immutable: source.immutable,
        ...{ everyMs: source.everyMs, overdueAfterMs: source.overdueAfterMs, policy: source.policy },
        window: source.window === null ? null : formatWindow(source.window),
        ...plannedOf(known.get(source.name) ?? null, {
          ...{
            nowMs,
            isCoordinated,
            overdueAfterMs: source.overdueAfterMs,
            knownSinceMs: madeAt(dataDir, source) ?? nowMs,
          },
          stored: facts.get(source.name) ?? null,
        }),
        sftp,
        ingest: phonePlanOf(source),
        phone: source.ingest === null ? null : (phones.get(source.name) ?? null),
        sessions: sessions.get(source.name) ?? 0,
        lastActivity: source.access === 'sftp' ? (sftp?.changedAt ?? null) : lastActivity(dataDir, source, jobs),
        stored: source.access === 'sftp' ? null : storedOf(jobs, source.name, source.quotaBytes),
      };
    }),
  };
};

const monitorOf = (server: ServerState | null, up: boolean): Pick<ServerStatus, 'monitor' | 'page'> => {
  if (server === null) return { monitor: 'none', page: null };
  return up && server.monitorPid !== null ? { monitor: 'up', page: server.page } : { monitor: 'down', page: null };
};

/** What the server itself last saw of what a source stores. */
const factsOf = (dataDir: string, source: Source, sftp: Judgement | null, jobs: JobRecords): StoredFacts | null => {
  if (source.access === 'sftp') return sftp === null ? null : storedBySftp(sftp);
  const facts = storedFactsOf(jobs[source.name]?.['review'] ?? null);
  // Looked at again now: without its disk, and the server, nobody else would say so.
  const unreadable = storageTrouble(homeIn(dataDir, source), null);
  return unreadable === null ? facts : { ...(facts ?? nothingStored), unreadable };
};

const nothing = { bytes: 0, objects: 0 };
const never = new Date(0).toISOString();
const nothingStored = { at: never, live: nothing, trash: nothing, snapshots: 0, lastSnapshotAt: null };
