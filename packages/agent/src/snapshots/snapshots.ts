import type { Home } from '../config/home.ts';
import type { AsOf } from '../past/as-of.ts';
import { remarksOf } from '../past/remarks.ts';
import type { Destination } from '../transport/destination.ts';
import { answerOf, openRepository } from '../transport/repository.ts';
import { kindOf, type SnapshotKind } from './kind.ts';

/** A moment this machine can go back to. */
export interface Snapshot {
  readonly id: string;
  /** What restic's commands take, and people can type. */
  readonly shortId: string;
  /** RFC 3339, by this machine's clock at that time. */
  readonly time: string;
  readonly host: string;
  readonly paths: readonly string[];
  readonly tags: readonly string[];
  readonly kind: SnapshotKind;
}

/**
 * The snapshots of this source's repository, oldest first, those of machines with another name included; with `asOf` those there were
 * then. `onRemark` hears what the server says of that moment.
 */
export const listSnapshots = async (args: {
  readonly destination: Destination;
  readonly home: Home;
  readonly asOf: AsOf | null;
  readonly onRemark: (remark: string) => void;
  readonly signal: AbortSignal;
}): Promise<readonly Snapshot[]> => {
  await using repository = await openRepository(args);
  const result = await repository.restic.snapshots({}, { signal: args.signal });
  const snapshots = answerOf(result, 'Reading the snapshots', args.destination, args.home, args.asOf);
  for (const remark of remarksOf(result)) args.onRemark(remark);
  return snapshots.map((snapshot) => ({
    id: snapshot.id,
    shortId: snapshot.id.slice(0, 8),
    time: snapshot.time,
    host: snapshot.hostname,
    paths: snapshot.paths,
    tags: snapshot.tags,
    kind: kindOf(snapshot.tags),
  }));
};
