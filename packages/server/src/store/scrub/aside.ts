import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';
import { change } from '../change.ts';
import type { Context } from '../context.ts';
import { quarantinePath, trashPath } from '../layout.ts';
import { type OpenArguments, openContext } from '../open-context.ts';
import type { Trashed } from '../past/fold.ts';
import { putBack } from '../put-back.ts';
import { copiesOf, type Expected, faultOf, type Look } from './look.ts';
import type { Reading } from './read.ts';
import type { Target } from './walk.ts';

/** What became of a file that was found bad. */
export type Aside =
  /** Read again, it was good, or it was no longer there: nobody is accused. */
  | { readonly kind: 'cleared' }
  /** It is in quarantine; `restored` when a good copy from the trash took its place. */
  | { readonly kind: 'quarantined'; readonly reason: string; readonly restored: boolean }
  /** It is where it was, and `why` is the errno: no disk damage, or the disk takes no record or no move. */
  | { readonly kind: 'left'; readonly reason: string; readonly why: string };

/** A file that was found bad, and how to look at it again. */
export interface Suspect {
  readonly target: Target;
  /** Reads the file anew. */
  readonly look: () => Promise<Look>;
  readonly read: (path: string) => Promise<Reading>;
}

/**
 * Puts a bad file into quarantine, unless reading it once more clears it: before it is moved, and after, since a client
 * may have replaced it in between. Then brings a good copy of a live object back from the trash. Opens the source for
 * no longer than that, and calls `wait` between attempts while an admin's exclusive work lives.
 */
export const setAside = async (
  suspect: Suspect,
  open: Omit<OpenArguments, 'quotaBytes' | 'floorBytes'>,
  wait: () => Promise<void>,
): Promise<Aside> => {
  const { reading, expected, fault: reason } = await suspect.look();
  if (reason === null) return { kind: 'cleared' };
  if (reading.kind === 'unreadable' && !damage.has(reading.code)) return { kind: 'left', reason, why: reading.code };
  let outcome: Aside | null = null;
  try {
    await using opened = await openWhenFree(open, wait);
    outcome = await quarantine(opened.context, suspect, expected, reason);
  } catch (error) {
    const why = refusals.find((code) => isErrno(error, code));
    if (why === undefined) throw error;
    outcome ??= { kind: 'left', reason, why };
  }
  return outcome;
};

/** By these a disk or its file system says that bytes are damaged; others, as EACCES, are trouble of another kind. */
const damage: ReadonlySet<string> = new Set(['EIO', 'EBADMSG', 'EUCLEAN', 'ENODATA', 'EREMOTEIO']);

/** A disk that takes no record or no move is no reason to keep a finding back. */
const refusals = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EACCES', 'EPERM'] as const;

const openWhenFree = async (open: Omit<OpenArguments, 'quotaBytes' | 'floorBytes'>, wait: () => Promise<void>) => {
  for (;;) {
    try {
      return await openContext({ ...open, quotaBytes: null, floorBytes: null, presence: 'shared' });
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'source-busy') throw error;
      await wait();
    }
  }
};

const quarantine = async (
  context: Context,
  { target, read }: Suspect,
  expected: Expected,
  reason: string,
): Promise<Aside> => {
  const { disk, layout } = context;
  const { id, of, path } = target;
  const { live, trash } = await copiesOf(disk, layout.journal, id);
  const record = of === null ? live : (trash.find(({ seq }) => seq === of) ?? null);
  const onDisk = await disk.size(path);
  if (onDisk === null) return { kind: 'cleared' };
  // What has no record gets one, so that usage is not reduced by what it never held.
  if (of === null && record === null) await context.record({ op: 'put', id, size: onDisk, sha256: null });
  const seq = await change(context, { op: 'quarantine', id, size: record?.size ?? onDisk, of });
  const aside = quarantinePath(layout, id, seq);
  const moved = await read(aside);
  if (moved.kind === 'gone') return { kind: 'cleared' };
  if (of !== null) return { kind: 'quarantined', reason, restored: false };
  if (moved.kind === 'read' && faultOf(moved, expected) === null) {
    await putBack(context, id, aside, moved);
    return { kind: 'cleared' };
  }
  return { kind: 'quarantined', reason, restored: await restoreCopy(context, trash, read, expected) };
};

/** Makes the newest good copy in the trash the live object; false when there is none. */
const restoreCopy = async (
  context: Context,
  copies: readonly Trashed[],
  read: (path: string) => Promise<Reading>,
  { sha256 }: Expected,
): Promise<boolean> => {
  for (const { id, seq, size } of copies) {
    const copy = await read(trashPath(context.layout, id, seq));
    if (copy.kind !== 'read' || copy.sha256 !== sha256) continue;
    await change(context, { op: 'restore', id, size, of: seq });
    return true;
  }
  return false;
};
