import { createHash } from 'node:crypto';
import type { Moment } from '@berth/common/moment.ts';
import type { Disk } from '../disk.ts';
import { readJournal } from '../journal-read.ts';
import { type Layout, layoutOf, livePath, trashPath } from '../layout.ts';
import type { NamedType, ObjectId } from '../object.ts';
import type { Reading } from '../open.ts';
import { type Listed, type OpenObject, openPath } from '../read.ts';
import type { Seq } from '../seq.ts';
import { keyOf } from './fold.ts';
import { findOtherCopies, follow, type Past, type PastObject, readPast } from './past.ts';

/** A source's objects as they were at a moment. Times are UTC milliseconds by the server's clock, as times.ts has them. */
export interface View extends Reading {
  /** Everything before this place had happened, nothing from it on; null when the moment is now. */
  readonly until: Seq | null;
  /** When the last of it was written; null when nothing had happened yet. */
  readonly at: number | null;
  /** When the source's first record was written; null when it has none. */
  readonly begins: number | null;
  /** Whether there was a repository then: before the first backup, or amid a wipe, there is none. */
  readonly repository: boolean;
  /** Objects of that moment of which no copy was left when the view was opened, not counting locks. They are not listed. */
  readonly missing: number;
}

/** Between looking here and looking there a file can move the other way; to do so five times in a row it can not. */
const attempts = 5;
/** Objects of a listing at once. */
const partLength = 1000;

/**
 * Opens the view of the source in `directory` at `moment`, which serves from `repo/` and `trash/` and touches nothing:
 * no file, no lock, not even a registration, so that it is in nobody's way. What sessions, rewinds and purges move
 * meanwhile is looked for again where the journal says that it went. Costs what `readPast` costs; throws the disk's errors.
 */
export const openView = async (args: {
  readonly disk: Disk;
  readonly directory: string;
  readonly moment: Moment;
}): Promise<View> => {
  const { disk, moment } = args;
  const layout = layoutOf(args.directory);
  const past = await readPast(disk, layout.journal, moment);
  const { objects, catchUp } = following(disk, layout, past);

  const open = async (id: ObjectId): Promise<OpenObject | null> => {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const object = objects.get(keyOf(id));
      if (object === undefined || object.where.kind === 'gone') return null;
      const paths = attempt === 0 ? [recordedPath(layout, object)] : pathsOf(layout, object, past);
      for (const path of paths) {
        const opened = await openAs(disk, path, object);
        if (opened !== null) return opened;
      }
      await catchUp();
    }
    return null;
  };

  return {
    until: past.until,
    at: past.until === null ? past.times.last() : past.times.lastBefore(past.until),
    begins: past.times.first(),
    repository: objects.has('config/config'),
    missing: [...objects.values()].filter(({ id, where }) => where.kind === 'gone' && id.type !== 'locks').length,
    open,
    size: async (id) => {
      await using object = await open(id);
      return object?.size ?? null;
    },
    list: (type) => list(objects, type),
  };
};

/** The objects of `past`, and the way to read in the journal what has become of them since. */
const following = (disk: Disk, layout: Layout, past: Past) => {
  const objects = new Map(past.objects);
  let { seen } = past;
  let reading: Promise<void> = Promise.resolve();
  const read = async (): Promise<void> => {
    const from = seen;
    seen = await readJournal({
      ...{ disk, folder: layout.journal, from },
      visit: (placed) => {
        follow(objects, placed);
        past.now.add(placed);
      },
    });
    if (seen !== from) findOtherCopies(objects, past.now);
  };
  /** One after another, so that every record is seen once. */
  const catchUp = (): Promise<void> => {
    const mine = reading.then(read);
    reading = mine.catch(() => undefined);
    return mine;
  };
  return { objects, catchUp };
};

/** Where the journal says that it is. */
const recordedPath = (layout: Layout, { id, where }: PastObject): string =>
  where.kind === 'trash' ? trashPath(layout, id, where.seq) : livePath(layout, id);

/**
 * Everywhere it can be: a record stands before its move is made, and of two sessions that delete the same object at once
 * both have a record and only one the file.
 */
const pathsOf = (layout: Layout, object: PastObject, { now }: Past): readonly string[] => {
  const key = keyOf(object.id);
  const copies = [...now.trash.values()].filter(({ id }) => keyOf(id) === key);
  return [
    recordedPath(layout, object),
    livePath(layout, object.id),
    ...copies.map(({ id, seq }) => trashPath(layout, id, seq)),
  ];
};

/** Opens the file at `path` if it is that object: `config` has no hash for a name, so its bytes are held to its record's. */
const openAs = async (disk: Disk, path: string, { id, sha256 }: PastObject): Promise<OpenObject | null> => {
  const opened = await openPath(disk, path);
  if (opened === null || id.type !== 'config' || sha256 === null) return opened;
  const hash = createHash('sha256');
  for await (const chunk of opened.stream(0, opened.size)) hash.update(chunk);
  if (hash.digest('hex') === sha256) return opened;
  await opened[Symbol.asyncDispose]();
  return null;
};

const list = async function* (
  objects: ReadonlyMap<string, PastObject>,
  type: NamedType,
): AsyncGenerator<readonly Listed[]> {
  let part: Listed[] = [];
  for (const { id, size, where } of objects.values()) {
    if (id.type === 'config' || id.type !== type || where.kind === 'gone') continue;
    part.push({ name: id.name, size });
    if (part.length < partLength) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
};
