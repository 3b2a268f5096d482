import { kindOf } from '@berth/agent/snapshots/kind.ts';
import type { Restic } from '@berth/common/restic/restic.ts';
import { isDone } from '@berth/common/restic/result.ts';
import { defineJob } from '../../jobs/job.ts';
import { type SnapshotList, snapshotsCall } from './calls.ts';
import { explainPhone } from './explain.ts';
import { openForReading } from './open.ts';

/** Lists the snapshots of a phone. */
export const snapshotsJob = defineJob({
  ...snapshotsCall,
  run: async ({ signal }, { given }) => {
    await using repository = await openForReading(given, process.env['PATH'] ?? '');
    return { snapshots: await snapshotsOf(repository.restic, given.name, signal) };
  },
});

/** All of its files, the oldest first: the newest is what check-off takes for the phone's backup. Throws the Problems of `explainPhone`. */
export const snapshotsOf = async (
  restic: Pick<Restic, 'snapshots'>,
  name: string,
  signal: AbortSignal,
): Promise<SnapshotList> => {
  const result = await restic.snapshots({}, { signal });
  if (!isDone(result)) throw explainPhone(result, 'Reading the snapshots', name);
  return result.value
    .filter(({ tags }) => kindOf(tags) === 'files')
    .map(({ id, time, summary }) => ({
      ...{ id, at: time },
      files: summary?.total_files_processed ?? null,
      bytes: summary?.total_bytes_processed ?? null,
    }))
    .toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
};
