import { stat } from 'node:fs/promises';
import type { Progress } from '@berth/common/restic/backup.ts';
import type { RestoreRequest } from '@berth/common/restic/read.ts';
import type { Restic } from '@berth/common/restic/restic.ts';
import { isDone } from '@berth/common/restic/result.ts';
import type { Home } from '../config/home.ts';
import type { AsOf } from '../past/as-of.ts';
import { remarksOf } from '../past/remarks.ts';
import { berthTag } from '../run/tags.ts';
import { kindOf } from '../snapshots/kind.ts';
import type { Destination } from '../transport/destination.ts';
import { explainRestic, openRepository, temporaryCache } from '../transport/repository.ts';
import { readyTarget } from './target.ts';

/** What a restore brought back. Numbers are null where restic does not say them (0.14). */
export interface Restored {
  readonly target: string;
  readonly filesRestored: number | null;
  readonly bytesRestored: number | null;
  readonly verified: boolean;
  /** What could not be written, in restic's words, at most 100 of `failureCount`. */
  readonly failures: readonly { readonly item: string; readonly message: string }[];
  readonly failureCount: number;
}

export interface RestoreArguments {
  readonly destination: Destination;
  readonly home: Home;
  /** An id, or `latest`: the newest of files. Dumps and containers have snapshots of their own, often newer ones. */
  readonly snapshot: string;
  readonly target: string;
  readonly intoExisting: boolean;
  readonly include: readonly string[];
  readonly verify: boolean;
  /** From the source as it was then. */
  readonly asOf: AsOf | null;
  /** Hears what the server says of that moment. */
  readonly onRemark: (remark: string) => void;
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

/**
 * Brings files back under `target`, each at its whole path. Needs nothing from the machine but berth's home. Owners and modes come back
 * as far as this user may set them. With `verify` every file is read again and compared.
 */
export const restore = async (args: RestoreArguments): Promise<Restored> => {
  const target = await readyTarget(args.target, args.intoExisting);
  await using cache = await cacheFor(args.home);
  await using repository = await openRepository({ ...args, cacheDirectory: cache.path });
  const { snapshot, include, verify, signal, onProgress } = args;
  const bring = (which: Pick<RestoreRequest, 'snapshot' | 'tags'>) =>
    repository.restic.restore({ ...which, target, include, verify }, { signal, onProgress });
  const isLatest = snapshot === 'latest';
  const tagged = await bring(isLatest ? { snapshot, tags: [berthTag] } : { snapshot });
  const older = isLatest && tagged.kind === 'no-snapshot' ? await newestUntagged(repository.restic, signal) : null;
  const result = older === null ? tagged : await bring({ snapshot: older });
  if (!isDone(result)) throw explainRestic(result, 'The restore', args.destination, args.home, args.asOf);
  for (const remark of remarksOf(result)) args.onRemark(remark);
  return {
    target,
    ...result.value,
    verified: verify && result.kind === 'ok',
    failures: result.itemErrors.map(({ item, message }) => ({ item, message })),
    failureCount: result.kind === 'ok' ? 0 : Math.max(1, result.itemErrorCount),
  };
};

/** What plain restic made of files before berth came; null where there is none. */
const newestUntagged = async (restic: Pick<Restic, 'snapshots'>, signal: AbortSignal): Promise<string | null> => {
  const listed = await restic.snapshots({}, { signal });
  return isDone(listed) ? (listed.value.findLast(({ tags }) => kindOf(tags) === 'files')?.id ?? null) : null;
};

/** root may restore for another user, but must not leave files in that user's cache which the next backup then could not write. */
const cacheFor = async (home: Home): Promise<{ readonly path: string } & AsyncDisposable> => {
  const owner = await stat(home.directory).then(
    ({ uid }) => uid,
    () => 0,
  );
  if (process.getuid?.() !== 0 || owner === 0)
    return { path: home.cache, [Symbol.asyncDispose]: async () => undefined };
  return temporaryCache();
};
