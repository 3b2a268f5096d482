import { clockOf } from '../../jobs/clock.ts';
import { spaceOf } from '../../jobs/disk-room.ts';
import { type JobRecord, reviewIn } from '../../jobs/jobs-file.ts';
import { storedFactsOf } from '../../jobs/stored-facts.ts';
import type { ServerFacts, SourceFacts } from '../../monitor/link.ts';
import { describeJail } from '../../session/jail-detect.ts';
import type { Judgement } from '../../sftp/judge.ts';
import type { ServerConfig, Source } from '../../sources/source.ts';
import { madeAt } from '../../status/activity.ts';
import { sessionsBySource } from '../../status/sessions.ts';
import { storedOf } from '../../status/stored.ts';
import { version } from '../../version.ts';
import { storedBySftp } from '../coordinator/linked.ts';
import type { ServerState } from '../state.ts';

/** What the server is, as the monitor is told: from its own state, its disk and its processes. */
export const serverFactsOf = async (about: {
  readonly dataDir: string;
  readonly state: ServerState;
  /** False for one that has ended: nothing of it runs. */
  readonly up: boolean;
  readonly config: ServerConfig;
  readonly jobs: ServerFacts['jobs'];
}): Promise<ServerFacts> => {
  const { dataDir, state, up, config, jobs } = about;
  const { hostKey, jail, refused } = state;
  return {
    ...{ version, startedAtMs: Date.parse(state.startedAt), hostKeyFingerprint: hostKey.fingerprint },
    // In a container sshd listens on a port that only the engine knocks at.
    port: state.mode === 'container' ? (config.settings.port ?? state.port) : state.port,
    jail: describeJail(jail),
    coordinator: up && state.coordinatorPid !== null ? 'up' : 'down',
    refused: refused === null ? null : { atMs: Date.parse(refused.at), findings: [...refused.findings] },
    clockTrusted: clockOf(dataDir).trusted,
    disk: await spaceOf(dataDir).catch(() => null),
    ...{ jobs, sessions: up ? Object.fromEntries(sessionsBySource(state, config.sources)) : {} },
  };
};

/** What is known of a source, as the monitor is told: what its jobs found, or what the last look at an SFTP source's files did. */
export const sourceFactsOf = (
  dataDir: string,
  source: Source,
  records: Readonly<Record<string, JobRecord>>,
  sftp: Judgement | null,
): SourceFacts => {
  const madeAtMs = madeAt(dataDir, source);
  if (source.access === 'sftp') {
    const facts = sftp === null ? null : storedBySftp(sftp);
    return { facts, stored: null, oldestSnapshotMs: null, newestSnapshotMs: null, madeAtMs };
  }
  const jobs = { [source.name]: records };
  const review = reviewIn(jobs, source.name);
  return {
    facts: storedFactsOf(records['review'] ?? null),
    stored: storedOf(jobs, source.name, source.quotaBytes),
    oldestSnapshotMs: millisOf(review?.oldestSnapshotAt),
    newestSnapshotMs: millisOf(review?.newestSnapshotAt),
    madeAtMs,
  };
};

const millisOf = (instant: string | null | undefined): number | null =>
  instant === null || instant === undefined ? null : Date.parse(instant);
