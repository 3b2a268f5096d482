import type { Restic } from '@berth/common/restic/restic.ts';
import type { Home } from '../config/home.ts';
import { dumpTag } from '../databases/name.ts';
import { type StoredDump, storedDumps } from '../databases/stored.ts';
import type { AsOf } from '../past/as-of.ts';
import { remarksOf } from '../past/remarks.ts';
import type { Destination } from '../transport/destination.ts';
import { answerOf } from '../transport/repository.ts';

/** The dumps there are in a repository, oldest first; with `asOf` those there were then. Throws as `answerOf`. */
export const readDumps = async (about: {
  readonly restic: Pick<Restic, 'snapshots'>;
  readonly destination: Destination;
  readonly home: Home;
  readonly asOf: AsOf | null;
  readonly signal: AbortSignal;
  readonly onRemark?: ((remark: string) => void) | undefined;
}): Promise<readonly StoredDump[]> => {
  const { restic, destination, home, asOf, signal } = about;
  const result = await restic.snapshots({ tags: [dumpTag] }, { signal });
  const snapshots = answerOf(result, 'Reading the snapshots', destination, home, asOf);
  for (const remark of remarksOf(result)) about.onRemark?.(remark);
  return storedDumps(snapshots);
};
