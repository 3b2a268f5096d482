import { join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import type { Disk } from '../disk.ts';
import type { Layout } from '../layout.ts';
import { config, namedTypes, type ObjectId, parseNamedType, parseObjectId, parseObjectName } from '../object.ts';
import { parseSeq, type Seq } from '../seq.ts';
import { type IsAlive, pidOf } from '../sessions.ts';
import type { Look, Seen } from './look.ts';

/** What can be odd about a name on the disk, whatever the journal says. */
export type Oddity =
  /** A name that berth never makes. */
  | 'foreign'
  /** Something else than a file where an object's file goes, or than a folder where one of ours is. */
  | 'in-the-way'
  /** It belongs to another UID. */
  | 'owner'
  /** Others may read or write it, or we may not read it. */
  | 'mode'
  /** A file that has a second name somewhere: whoever holds that can change it. */
  | 'linked'
  /** A folder or file that can not be looked at. */
  | 'unreadable';

/** One thing found in a source's folders. */
export type Item =
  | { readonly kind: 'live'; readonly id: ObjectId; readonly size: number }
  | { readonly kind: 'trash' | 'quarantine'; readonly id: ObjectId; readonly size: number; readonly seq: Seq }
  /** What a dead session left in `incoming/`. */
  | { readonly kind: 'leftover'; readonly path: string }
  /** `path` from the source's directory on; `detail` for people, may be empty. */
  | { readonly kind: 'odd'; readonly oddity: Oddity; readonly path: string; readonly detail: string };

/** What taking an inventory takes. */
export interface InventoryArguments {
  readonly disk: Pick<Disk, 'list'>;
  readonly look: Look;
  readonly layout: Layout;
  /** Whose the files must be. */
  readonly uid: number;
  readonly isAlive: IsAlive;
}

/** As many looks at once as keep the kernel busy. */
const atOnce = 64;

/**
 * Everything in a source's folders, folder by folder, in no order: at most the names of one folder are in memory.
 * Nothing is opened, no link is followed, and of what berth did not make no more than the name is read.
 */
export const inventory = async function* (args: InventoryArguments): AsyncGenerator<Item> {
  const { layout, isAlive } = args;
  const walk = walker(args);
  yield* walk.folder(layout.repo, 'repo', async function* (names) {
    yield* walk.files(layout.repo, 'repo', names, (name) => (name === 'config' ? { kind: 'live', id: config } : null), [
      ...namedTypes,
    ]);
    for (const type of namedTypes.filter((known) => names.includes(known))) yield* walk.type(type);
  });
  for (const kind of ['trash', 'quarantine'] as const) yield* walk.aside(kind);
  yield* walk.folder(layout.incoming, 'incoming', async function* (names) {
    for (const name of names) {
      const pid = pidOf(name);
      if (pid === null || !isAlive(pid)) yield { kind: 'leftover', path: `incoming/${name}` };
    }
  });
  yield* walk.folder(layout.journal, 'journal', async function* (names) {
    yield* walk.files(layout.journal, 'journal', names, (name) => (isOurs(name) ? 'ours' : null), []);
  });
};

/** Months, checkpoints, and what else berth keeps beside them. */
const isOurs = (name: string): boolean => /^[a-z0-9-]+\.jsonl?$/.test(name);

const isShard = (name: string): boolean => /^[0-9a-f]{2}$/.test(name);

type Known = { readonly kind: 'live'; readonly id: ObjectId } | ReturnType<typeof parseAside> | 'ours';

/** A file name of the trash or the quarantine: the object's name and a place. */
const parseAside = (kind: 'trash' | 'quarantine', type: string, name: string) => {
  const [, object = '', digits = ''] = /^(.+)\.(\d{1,16})$/.exec(name) ?? [];
  const id = parseObjectId(type, object);
  const seq = parseSeq(digits === '' ? null : Number(digits));
  return id === null || seq === null || String(seq) !== digits ? null : { kind, id, seq };
};

const walker = ({ disk, look, layout, uid }: InventoryArguments) => {
  const odd = (oddity: Oddity, path: string, detail = ''): Item => ({ kind: 'odd', oddity, path, detail });

  /** What is odd about something that is where it should be. */
  const judge = function* (seen: Seen, path: string): Generator<Item> {
    const isFile = seen.kind === 'file';
    if (seen.uid !== uid) yield odd('owner', path, `UID ${seen.uid}`);
    // restic itself makes its files 0400, which an adopted repository keeps.
    else if ((seen.mode & 0o077) !== 0 || (seen.mode & (isFile ? 0o400 : 0o700)) !== (isFile ? 0o400 : 0o700)) {
      yield odd('mode', path, seen.mode.toString(8).padStart(4, '0'));
    }
    if (isFile && seen.links > 1) yield odd('linked', path, `${seen.links} names`);
  };

  /** The names in a folder of ours, if it is one. */
  const folder = async function* (
    path: string,
    shown: string,
    inside: (names: readonly string[]) => AsyncGenerator<Item>,
  ): AsyncGenerator<Item> {
    let names: readonly string[];
    try {
      const seen = await look(path);
      if (seen === null) return;
      if (seen.kind !== 'folder') {
        yield odd('in-the-way', shown, 'no folder');
        return;
      }
      yield* judge(seen, shown);
      names = await disk.list(path);
    } catch (error) {
      yield odd('unreadable', shown, reasonOf(error));
      return;
    }
    yield* inside(names);
  };

  /** Looks at the files in a folder; `folders` are names that somebody else looks into. */
  const files = async function* (
    path: string,
    shown: string,
    names: readonly string[],
    parse: (name: string) => Known | null,
    folders: readonly string[],
  ): AsyncGenerator<Item> {
    for (let from = 0; from < names.length; from += atOnce) {
      const some = names.slice(from, from + atOnce).filter((name) => !folders.includes(name));
      yield* (await Promise.all(some.map((name) => file(join(path, name), `${shown}/${name}`, parse(name))))).flat();
    }
  };

  const file = async (path: string, shown: string, known: Known | null): Promise<readonly Item[]> => {
    if (known === null) return [odd('foreign', shown)];
    try {
      const seen = await look(path);
      if (seen === null) return [];
      if (seen.kind !== 'file') return [odd('in-the-way', shown, 'no file')];
      return [...judge(seen, shown), ...(known === 'ours' ? [] : [{ ...known, size: seen.size }])];
    } catch (error) {
      return [odd('unreadable', shown, reasonOf(error))];
    }
  };

  const type = (name: (typeof namedTypes)[number]): AsyncGenerator<Item> => {
    const top = join(layout.repo, name);
    const live = (text: string, shard = ''): Known | null => {
      const parsed = text.startsWith(shard) ? parseObjectName(text) : null;
      return parsed === null ? null : { kind: 'live', id: { type: name, name: parsed } };
    };
    return folder(top, `repo/${name}`, async function* (names) {
      if (name !== 'data') return yield* files(top, `repo/${name}`, names, live, []);
      const shards = names.filter(isShard);
      yield* files(top, 'repo/data', names, () => null, shards);
      for (const shard of shards) {
        const [path, shown] = [join(top, shard), `repo/data/${shard}`];
        yield* folder(path, shown, (inside) => files(path, shown, inside, (text) => live(text, shard), []));
      }
    });
  };

  const aside = (kind: 'trash' | 'quarantine'): AsyncGenerator<Item> =>
    folder(layout[kind], kind, async function* (names) {
      const types = names.filter((name) => name === 'config' || parseNamedType(name) !== null);
      yield* files(layout[kind], kind, names, () => null, types);
      for (const name of types) {
        const [path, shown] = [join(layout[kind], name), `${kind}/${name}`];
        yield* folder(path, shown, (inside) => files(path, shown, inside, (text) => parseAside(kind, name, text), []));
      }
    });

  return { folder, files, type, aside };
};

/** The system's word for why something can not be looked at; anything but the file system's refusals is a bug. */
const reasonOf = (error: unknown): string => {
  if (
    error instanceof Error &&
    'code' in error &&
    isErrno(error, 'EACCES', 'EPERM', 'EIO', 'ENOTDIR', 'ELOOP', 'ESTALE')
  )
    return String(error.code);
  throw error;
};
