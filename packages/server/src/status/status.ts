import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Bytes } from '@berth/common/brand.ts';
import { isErrno } from '@berth/common/errno.ts';
import { homeIn } from '../accounts/directories.ts';
import type { Condition } from '../events/condition.ts';
import { readConditions } from '../events/files.ts';
import { clockOf } from '../jobs/clock.ts';
import { type JobRecords, readJobs, reviewIn } from '../jobs/jobs-file.ts';
import type { Judgement } from '../sftp/judge.ts';
import { loadSources } from '../sources/load.ts';
import type { Access, Source } from '../sources/source.ts';
import { connectionsOf } from '../sshd/connections.ts';
import { snapshot } from '../sshd/processes.ts';
import { isLocked } from '../supervisor/lock.ts';
import { appliedFile, readState, type ServerState } from '../supervisor/state.ts';
import { asUser } from './as-user.ts';
import { type Stored, storedOf } from './stored.ts';

export interface SourceStatus {
  readonly name: string;
  readonly uid: number;
  readonly keys: readonly string[];
  /** The most it may store; null where the disk is the only limit. */
  readonly quotaBytes: Bytes | null;
  readonly access: Access;
  readonly immutable: boolean;
  /** What passes over an SFTP source found; null for the others, and before the first pass. */
  readonly sftp: Judgement | null;
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
  readonly sources: readonly SourceStatus[];
  /** What is wrong now: events/condition.ts. */
  readonly conditions: readonly Condition[];
  /** Whether the server purges by its clock: jobs/clock.ts. */
  readonly clockTrusted: boolean;
}

/**
 * Looks from outside, without asking the server, so it works when the server hangs. Reads nothing that a source
 * wrote.
 */
export const status = async (dataDir: string): Promise<ServerStatus> => {
  const [up, loaded] = await Promise.all([isLocked(dataDir), loadSources(appliedFile(dataDir))]);
  const server = readState(dataDir);
  const sources = loaded.kind === 'ok' ? loaded.config.sources : [];
  const jobs = readJobs(dataDir);
  const sessions = up && server !== null ? sessionsBySource(server, sources) : new Map<string, number>();
  return {
    up,
    server,
    conditions: readConditions(dataDir),
    clockTrusted: clockOf(dataDir).trusted,
    sources: sources.map((source) => {
      const sftp = (source.access === 'sftp' ? server?.sftp[source.name] : null) ?? null;
      return {
        name: source.name,
        uid: source.uid,
        keys: source.keys.map(({ fingerprint }) => fingerprint),
        quotaBytes: source.quotaBytes,
        access: source.access,
        immutable: source.immutable,
        sftp,
        sessions: sessions.get(source.name) ?? 0,
        lastActivity: source.access === 'sftp' ? (sftp?.changedAt ?? null) : lastActivity(dataDir, source, jobs),
        stored: source.access === 'sftp' ? null : storedOf(jobs, source.name, source.quotaBytes),
      };
    }),
  };
};

const sessionsBySource = (server: ServerState, sources: readonly Source[]): ReadonlyMap<string, number> => {
  const { sshdPid, mode, mountNamespace, pid } = server;
  const listener = { pid: sshdPid ?? -1, rootless: mode === 'rootless', mountNamespace, supervisor: pid };
  const counts = new Map<string, number>();
  for (const { source, sessions } of connectionsOf(snapshot(), listener, sources)) {
    if (source !== null) counts.set(source, (counts.get(source) ?? 0) + sessions);
  }
  return counts;
};

/**
 * What the last review found, unless the journal was written since. The server writes there as well (a purge, a scrub),
 * but after a purge comes a review.
 */
const lastActivity = (dataDir: string, source: Source, jobs: JobRecords): string | null => {
  const written = lastWritten(dataDir, source);
  const review = reviewIn(jobs, source.name);
  return written === null || review === null || written > review.at ? written : review.lastChangeAt;
};

/** The newest journal's modification time: of what the source wrote, only the kernel's own record of when. */
const lastWritten = (dataDir: string, source: Source): string | null => {
  const journal = join(homeIn(dataDir, source), 'journal');
  try {
    return newestIn(journal);
  } catch (error) {
    if (!isErrno(error, 'EACCES')) throw error;
  }
  // A root that may not look into what belongs to others, as the container's: docs/container.md.
  try {
    return asUser(source.uid, () => newestIn(journal));
  } catch (error) {
    if (isErrno(error, 'EACCES', 'EPERM')) return null;
    throw error;
  }
};

/** Null where there is none. Throws `EACCES` where this user may not look. */
const newestIn = (journal: string): string | null => {
  const times = namesIn(journal)
    .filter((name) => /^\d{4}-\d{2}\.jsonl$/.test(name))
    .map((name) => lstatSync(join(journal, name), { throwIfNoEntry: false })?.mtime.toISOString() ?? '');
  return times.sort().at(-1) || null;
};

const namesIn = (folder: string): readonly string[] => {
  try {
    // A journal that was replaced by a link is not followed.
    return lstatSync(folder).isDirectory() ? readdirSync(folder) : [];
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
};
