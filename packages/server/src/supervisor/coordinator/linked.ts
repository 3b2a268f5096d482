import type { LinkedSource, StoredFacts, ToCoordinator } from '../../coordinator/link.ts';
import type { Judgement } from '../../sftp/judge.ts';
import type { ServerConfig, Source } from '../../sources/source.ts';

/** What is in force, as the coordinator is told. */
export const linkedConfig = ({ sources, settings }: ServerConfig): Extract<ToCoordinator, { type: 'config' }> => ({
  type: 'config',
  concurrency: settings.concurrency,
  timeZone: settings.timeZone,
  sources: sources.map(linkedSource),
});

const linkedSource = (source: Source): LinkedSource => {
  const { name, uid, everyMs, window, overdueAfterMs, quotaBytes, policy, access, ingest } = source;
  const about = { name, uid, everyMs, window, overdueAfterMs, quotaBytes, policy };
  return { ...about, hasAgent: access === 'restic', isPhone: ingest !== null };
};

/** What is known of an SFTP source, as the coordinator is told: a change of its files is its success. Null before a pass. */
export const storedBySftp = ({ at, usedBytes, changedAt, failures, failure }: Judgement): StoredFacts | null => {
  if (at === null || usedBytes === null) return null;
  const none = { bytes: 0, objects: 0 };
  const live = { bytes: usedBytes, objects: 0 };
  // One failed pass may be a file that was in motion.
  const unreadable = failures > 1 ? failure : null;
  return { at, live, trash: none, snapshots: 0, lastSnapshotAt: changedAt, unreadable };
};
