import { createHash } from 'node:crypto';
import type { ObjectId } from '../object.ts';
import { keyOf, type Live } from '../past/fold.ts';
import type { Past, PastObject } from '../past/past.ts';
import type { Seq } from '../seq.ts';
import type { Inventory } from './inventory.ts';

/** An object with its size in bytes. */
export interface Sized {
  readonly id: ObjectId;
  readonly size: number;
}

/** A copy in the trash that becomes live again. */
export interface Return extends Sized {
  readonly of: Seq;
}

/** A live object that goes to the trash; `recorded` is false for a file that the journal does not know. */
export interface Leave extends Sized {
  readonly recorded: boolean;
}

/** What it takes to make the objects of a moment the live ones. Nothing is deleted: it is moves only, and so needs no room. */
export interface RewindPlan {
  readonly returns: readonly Return[];
  /** What came later, and every lock: those that held them are gone. */
  readonly leaves: readonly Leave[];
  /** Were live at the moment and are nowhere any more. */
  readonly missing: readonly Sized[];
  /** Whether the moment had a repository: before the first backup, or amid a wipe, there is none. */
  readonly repository: boolean;
  /**
   * The same for the same plan, whatever locks have come and gone meanwhile: so what is done can be held to what was
   * shown.
   */
  readonly digest: string;
}

/** Compares what was live at the moment of `past` with what is live now, and with what is really there. Touches nothing. */
export const planRewind = (past: Past, there: Inventory): RewindPlan => {
  const returns: Return[] = [];
  const missing: Sized[] = [];
  const staying = new Set<string>();
  for (const [key, object] of past.objects) {
    if (object.id.type === 'locks') continue;
    const { id, size, where } = object;
    const live = past.now.live.get(key);
    if (live !== undefined && isSame(object, live)) {
      staying.add(key);
      if (!there.hasLive(id)) missing.push({ id, size });
    } else if (where.kind === 'trash' && isThere(object, where.seq, there)) returns.push({ id, size, of: where.seq });
    else missing.push({ id, size });
  }
  const recorded = [...past.now.live].flatMap(([key, { id, size }]) =>
    staying.has(key) ? [] : { id, size, recorded: true },
  );
  const unrecorded = there.unrecorded(past.now.live).map((found) => ({ ...found, recorded: false }));
  const leaves = [...recorded, ...unrecorded];
  const repository = past.objects.has('config/config');
  return { returns, leaves, missing, repository, digest: digestOf({ returns, leaves, missing }) };
};

/** What has its hash for a name is the same wherever it is; of two configs only their hashes tell, where they were recorded. */
const isSame = ({ id, where, sha256 }: PastObject, live: Live): boolean =>
  id.type !== 'config' || where.kind === 'live' || (sha256 !== null && sha256 === live.sha256);

/** A move that a crash left undone has its object still under its live name; it is made up for before a rewind begins. */
const isThere = ({ id }: PastObject, seq: Seq, there: Inventory): boolean =>
  there.hasTrash(id, seq) || (id.type !== 'config' && there.hasLive(id));

const digestOf = ({ returns, leaves, missing }: Pick<RewindPlan, 'returns' | 'leaves' | 'missing'>): string => {
  const lines = [
    ...returns.map(({ id, of }) => `return ${keyOf(id)} ${of}`),
    ...leaves.flatMap(({ id, recorded }) => (recorded && id.type !== 'locks' ? `leave ${keyOf(id)}` : [])),
    ...missing.map(({ id }) => `missing ${keyOf(id)}`),
  ];
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
};
