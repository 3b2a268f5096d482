import { createHash } from 'node:crypto';
import type { EngineName } from './engine.ts';

declare const flat: unique symbol;
/** A file name of `[A-Za-z0-9._%~-]` only, at most 200 bytes: restic 0.18.0 takes no slash in `--stdin-filename`. */
export type FlatName = string & { readonly [flat]: true };

/** Percent-encodes all but `[A-Za-z0-9._-]`: restic splits tags at commas, and names of databases hold quotes and newlines. */
export const encodeName = (name: string): string =>
  [...new TextEncoder().encode(name)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9._-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`;
    })
    .join('');

/** The name that was encoded; null for what no encoding comes to. */
export const decodeName = (encoded: string): string | null => {
  try {
    const name = decodeURIComponent(encoded);
    return encodeName(name) === encoded ? name : null;
  } catch {
    return null;
  }
};

const mostBytes = 200;

/** Whether a name that came from elsewhere, a snapshot for example, can be a dump's. */
export const isFlatName = (name: string): name is FlatName =>
  /^[A-Za-z0-9._%~-]{1,200}$/.test(name) && !/^\.{1,2}$/.test(name);

/**
 * The name of a dump in its snapshot, the same from day to day: `postgres-shop-db-orders.dump`. `ending` says what it is (dump, sql, rdb, json,
 * tar); folders have none. Names that would be too long are cut and told apart by a hash.
 */
export const fileNameOf = (about: {
  readonly engine: EngineName;
  /** The entry's name. */
  readonly name: string;
  readonly database: string | null;
  readonly ending: string | null;
}): FlatName => {
  const { engine, name, database, ending } = about;
  const stem = [engine, ...(name === engine ? [] : [name]), ...(database === null ? [] : [encodeName(database)])].join(
    '-',
  );
  const tail = ending === null ? '' : `.${ending}`;
  const whole = `${stem}${tail}`;
  const hash = createHash('sha256').update(stem).digest('hex').slice(0, 16);
  const fitting = whole.length <= mostBytes ? whole : `${stem.slice(0, 120)}~${hash}${tail}`;
  if (!isFlatName(fitting)) throw new Error(`no flat name: ${fitting}`);
  return fitting;
};

/** What all dumps carry, and no snapshot of files does: retention and `latest` tell the two apart by it. */
export const dumpTag = 'db';

/** The tags of a dump: `db`, `db:postgres`, `db:shop-db`, and `db:shop-db/orders` where it is one database of several. */
export const dumpTags = (about: {
  readonly engine: EngineName;
  readonly name: string;
  readonly database: string | null;
}): readonly string[] => [
  ...new Set([
    dumpTag,
    `${dumpTag}:${about.engine}`,
    `${dumpTag}:${about.name}`,
    ...(about.database === null ? [] : [`${dumpTag}:${about.name}/${encodeName(about.database)}`]),
  ]),
];
