import type { Placed } from '../journal-read.ts';
import type { ObjectId } from '../object.ts';
import { isChange } from '../record.ts';
import type { Seq } from '../seq.ts';

/** An object that is live. */
export interface Live {
  readonly id: ObjectId;
  /** Bytes. */
  readonly size: number;
  /** Where the record stands by which it became live: its `put`, or its `restore`. */
  readonly since: Seq;
  /** Of `config` only; null where its record has none. */
  readonly sha256: string | null;
}

/** A copy of an object in the trash, under the place of its `trash` record. */
export interface Trashed extends Live {
  readonly seq: Seq;
}

/** What the journal says there is, after the last record it was shown. */
export interface Fold {
  /** By `keyOf`. */
  readonly live: ReadonlyMap<string, Live>;
  readonly trash: ReadonlyMap<Seq, Trashed>;
  /** Shows it the next record, in the journal's order. */
  readonly add: (placed: Pick<Placed, 'seq' | 'record'>) => void;
}

/** One text per object, for maps. */
export const keyOf = ({ type, name }: ObjectId): string => `${type}/${name}`;

/** A fold of nothing. A record that contradicts those before it (a second `put`, a `purge` of what is gone) changes nothing. */
export const fold = (): Fold => {
  const live = new Map<string, Live>();
  const trash = new Map<Seq, Trashed>();
  const add: Fold['add'] = ({ seq, record }) => {
    if (!isChange(record)) return;
    const key = keyOf(record.id);
    const { id, size } = record;
    switch (record.op) {
      case 'put':
        if (!live.has(key)) live.set(key, { id, size, since: seq, sha256: record.sha256 });
        return;
      case 'trash': {
        const { sha256 = null, since = seq } = live.get(key) ?? {};
        trash.set(seq, { id, size, since, sha256, seq });
        live.delete(key);
        return;
      }
      case 'restore': {
        const copy = trash.get(record.of);
        trash.delete(record.of);
        if (!live.has(key)) live.set(key, { id, size, since: seq, sha256: copy?.sha256 ?? null });
        return;
      }
      case 'purge':
        trash.delete(record.of);
        return;
      case 'quarantine':
      case 'lost':
        if (record.of === null) live.delete(key);
        else trash.delete(record.of);
    }
  };
  return { live, trash, add };
};
