import { Problem } from '@berth/common/problem.ts';
import type { Node } from '@berth/common/restic/messages.ts';
import { isDone } from '@berth/common/restic/result.ts';
import { defineJob } from '../../jobs/job.ts';
import { type ListEntry, listCall, type SnapshotList } from './calls.ts';
import { explainPhone } from './explain.ts';
import { openForReading } from './open.ts';
import { snapshotsOf } from './snapshots.ts';

/** So many are said at once. */
const portion = 500;

/** Lists a snapshot of a phone, portion by portion (`listProgressSchema`). */
export const listJob = defineJob({
  ...listCall,
  run: async ({ progress, signal }, { given, snapshot: wanted, folder }) => {
    await using repository = await openForReading(given, process.env['PATH'] ?? '');
    const { restic } = repository;
    const snapshot = chosen(wanted, await snapshotsOf(restic, given.name, signal), given.name);
    if (snapshot === null) return { snapshot: null, entries: 0 };
    let waiting: ListEntry[] = [];
    let entries = 0;
    const tell = (): void => {
      if (waiting.length > 0) progress({ entries: waiting });
      waiting = [];
    };
    const onNode = (node: Node): void => {
      entries += 1;
      if (waiting.push(entryOf(node)) >= portion) tell();
    };
    const directory = folder === null ? {} : { directory: folder };
    const result = await restic.ls({ snapshot: snapshot.id, ...directory, onNode }, { signal });
    if (!isDone(result)) throw explainPhone(result, 'Reading the snapshot', given.name);
    tell();
    return { snapshot: { id: snapshot.id, at: snapshot.at }, entries };
  },
});

/** The snapshot that `wanted` names; null for the latest of none. Throws `no-snapshot`. */
export const chosen = (wanted: string, snapshots: SnapshotList, name: string): SnapshotList[number] | null => {
  if (wanted === 'latest') return snapshots.at(-1) ?? null;
  const [found, other] = snapshots.filter(({ id }) => id.startsWith(wanted));
  if (found !== undefined && other === undefined) return found;
  throw new Problem(
    'no-snapshot',
    found === undefined ? `${name} has no snapshot ${wanted}.` : `More than one snapshot begins with ${wanted}.`,
    `See those there are: berth-server phone snapshots ${name}`,
  );
};

const entryOf = ({ path, type, size = 0, mtime }: Node): ListEntry => {
  const atMs = Date.parse(mtime);
  return {
    ...{ path, size: type === 'file' ? size : 0, mtimeMs: Number.isNaN(atMs) ? 0 : atMs },
    kind: type === 'file' ? 'file' : type === 'dir' ? 'folder' : 'other',
  };
};
