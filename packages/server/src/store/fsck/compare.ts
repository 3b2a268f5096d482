import type { ObjectId } from '../object.ts';
import { type Fold, keyOf, type Live, type Trashed } from '../past/fold.ts';
import type { Seq } from '../seq.ts';
import type { Item } from './inventory.ts';

/** A file that no record accounts for where it lies, in the trash or in quarantine. */
export interface Stray {
  readonly id: ObjectId;
  readonly seq: Seq;
}

/** What the journal says there is, less what lies on the disk, and the other way round. */
export interface Difference {
  /** Live files that are not live in the fold. */
  readonly extraLive: ReadonlyMap<string, { readonly id: ObjectId; readonly size: number }>;
  /** Live in the fold, without a file. */
  readonly missingLive: ReadonlyMap<string, Live>;
  readonly extraTrash: readonly Stray[];
  readonly missingTrash: readonly Trashed[];
  readonly quarantine: readonly Stray[];
  /** Files of another size than their record; `of` is the trash's place, null for live ones. */
  readonly wrongSize: readonly Suspect[];
  /** Files that `verify` found to be other bytes. */
  readonly badBytes: readonly Suspect[];
  readonly leftovers: readonly string[];
  readonly odd: readonly (Item & { readonly kind: 'odd' })[];
  /** Live objects and copies in the trash that were seen. */
  readonly objects: number;
}

/** A file to be looked into. */
export interface Suspect {
  readonly id: ObjectId;
  readonly of: Seq | null;
  readonly detail: string;
}

/** A file whose bytes are to be compared with what they should be: `sha256` is the name's, or the record's of `config`. */
export interface Verifiable {
  readonly id: ObjectId;
  readonly of: Seq | null;
  readonly size: number;
  readonly sha256: string;
}

/** `right`, other bytes, or the system's word for why they can not be read. */
export type Verdict = 'right' | 'wrong' | { readonly unreadable: string };

/**
 * Compares a fold with what lies on the disk, item by item. Memory: what differs, and one entry for each object. What
 * lies in a folder that can not be looked at is not taken for missing.
 */
export const compare = async (args: {
  readonly fold: Pick<Fold, 'live' | 'trash'>;
  readonly items: AsyncIterable<Item>;
  /** Asked about every file that is where the fold says; null to believe names. */
  readonly verify: ((file: Verifiable) => Promise<Verdict>) | null;
  /** Called now and then with how many objects were seen. */
  readonly seen?: (objects: number) => void;
}): Promise<Difference> => {
  const { fold, items, verify } = args;
  const live = new Set<string>();
  const trash = new Set<Seq>();
  const extraLive = new Map<string, { readonly id: ObjectId; readonly size: number }>();
  const extraTrash: Stray[] = [];
  const quarantine: Stray[] = [];
  const wrongSize: Suspect[] = [];
  const badBytes: Suspect[] = [];
  const leftovers: string[] = [];
  const odd: (Item & { readonly kind: 'odd' })[] = [];

  const check = async (recorded: Live, of: Seq | null, size: number): Promise<void> => {
    const { id } = recorded;
    if (recorded.size !== size) {
      wrongSize.push({ id, of, detail: `${size} bytes, recorded as ${recorded.size}` });
      return;
    }
    const sha256 = id.type === 'config' ? recorded.sha256 : id.name;
    if (verify === null || sha256 === null) return;
    const verdict = await verify({ id, of, size, sha256 });
    if (verdict === 'wrong') badBytes.push({ id, of, detail: '' });
    else if (verdict !== 'right')
      odd.push({ kind: 'odd', oddity: 'unreadable', path: pathOf(id, of), detail: verdict.unreadable });
  };

  for await (const item of items) {
    if (item.kind === 'leftover') leftovers.push(item.path);
    else if (item.kind === 'odd') odd.push(item);
    else if (item.kind === 'quarantine') quarantine.push({ id: item.id, seq: item.seq });
    else if (item.kind === 'live') {
      const key = keyOf(item.id);
      const recorded = fold.live.get(key);
      if (recorded === undefined) extraLive.set(key, { id: item.id, size: item.size });
      else {
        live.add(key);
        await check(recorded, null, item.size);
      }
    } else {
      const recorded = fold.trash.get(item.seq);
      if (recorded === undefined || keyOf(recorded.id) !== keyOf(item.id))
        extraTrash.push({ id: item.id, seq: item.seq });
      else {
        trash.add(item.seq);
        await check(recorded, item.seq, item.size);
      }
    }
    args.seen?.(live.size + trash.size + extraLive.size + extraTrash.length);
  }
  const hidden = hiddenBy(odd);
  return {
    extraLive,
    missingLive: new Map([...fold.live].filter(([key, { id }]) => !live.has(key) && !hidden(pathOf(id, null)))),
    extraTrash,
    missingTrash: [...fold.trash.values()].filter(({ id, seq }) => !trash.has(seq) && !hidden(pathOf(id, seq))),
    quarantine,
    wrongSize,
    badBytes,
    leftovers,
    odd,
    objects: live.size + trash.size + extraLive.size + extraTrash.length,
  };
};

/** Where an object's file is, from the source's directory on. */
export const pathOf = ({ type, name }: ObjectId, of: Seq | null): string => {
  if (of !== null) return `trash/${type}/${name}.${of}`;
  if (type === 'config') return 'repo/config';
  return type === 'data' ? `repo/data/${name.slice(0, 2)}/${name}` : `repo/${type}/${name}`;
};

const hiddenBy = (odd: Difference['odd']): ((path: string) => boolean) => {
  const walls = new Set(odd.flatMap(({ oddity, path }) => (isWall(oddity) ? [path] : [])));
  if (walls.size === 0) return () => false;
  return (path) => path.split('/').some((_, index, parts) => walls.has(parts.slice(0, index + 1).join('/')));
};

const isWall = (oddity: string): boolean => oddity === 'unreadable' || oddity === 'in-the-way';
