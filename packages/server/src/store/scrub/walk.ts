import { join } from 'node:path';
import type { Disk } from '../disk.ts';
import { type Layout, typeFolder } from '../layout.ts';
import { config, type NamedType, type ObjectId, parseObjectId } from '../object.ts';
import { parseSeq, type Seq } from '../seq.ts';

/** A file the scrub looks at: a live object, or a copy of one in the trash. */
export interface Target {
  readonly id: ObjectId;
  /** The place of the `trash` record whose file this is; null for the live one. */
  readonly of: Seq | null;
  readonly path: string;
  /** Where to go on after it. */
  readonly cursor: Cursor;
}

/** How far a scrub is: everything up to and with `file` in `step`, in the order of `scrubSteps`, has been seen. */
export interface Cursor {
  readonly step: string;
  readonly file: string;
}

/** What few there are of and everything hangs on comes first; the trash last. */
const types = ['keys', 'snapshots', 'index', 'locks'] as const satisfies readonly NamedType[];
const shards = Array.from({ length: 256 }, (_, index) => `data/${index.toString(16).padStart(2, '0')}`);

/** The folders of a source in the order in which a scrub goes through them, by what a cursor calls them. */
export const scrubSteps: readonly string[] = [
  'config',
  ...types,
  ...shards,
  ...['config', ...types, 'data'].map((type) => `trash/${type}`),
];

/**
 * The files of a source behind `cursor`, or all of them when it is null; within a folder by their names. What is not
 * named as an object is left to fsck. Holds one folder's names at a time.
 */
export const walkFiles = async function* (disk: Disk, layout: Layout, cursor: Cursor | null): AsyncGenerator<Target> {
  const first = cursor === null ? 0 : scrubSteps.indexOf(cursor.step);
  for (const step of scrubSteps.slice(first)) {
    for (const file of (await filesOf(disk, layout, step)).toSorted()) {
      if (cursor !== null && step === cursor.step && file <= cursor.file) continue;
      const target = targetOf(layout, step, file);
      if (target !== null) yield target;
    }
  }
};

const filesOf = async (disk: Disk, layout: Layout, step: string): Promise<readonly string[]> => {
  if (step !== 'config') return disk.list(folderOf(layout, step));
  return (await disk.list(layout.repo)).filter((name) => name === config.name);
};

const folderOf = (layout: Layout, step: string): string => {
  const type = types.find((known) => known === step);
  if (type !== undefined) return typeFolder(layout, type);
  if (step === 'config') return layout.repo;
  const [top = '', folder = ''] = step.split('/');
  return top === 'data' ? join(typeFolder(layout, top), folder) : join(layout.trash, folder);
};

const targetOf = (layout: Layout, step: string, file: string): Target | null => {
  const path = join(folderOf(layout, step), file);
  const cursor = { step, file };
  if (!step.startsWith('trash/')) {
    const id = parseObjectId(step.split('/')[0] ?? '', file);
    return id === null ? null : { id, of: null, path, cursor };
  }
  const [, name = '', place = ''] = /^([^.]+)\.(\d{16})$/.exec(file) ?? [];
  const id = parseObjectId(step.slice('trash/'.length), name);
  const of = parseSeq(Number(place));
  return id === null || of === null ? null : { id, of, path, cursor };
};
