import { join } from 'node:path';
import type { NamedType, ObjectId } from './object.ts';
import type { Seq } from './seq.ts';

/** Where a source's things are. Every path the store touches is made here, from parsed names only. */
export interface Layout {
  /** restic's own layout, readable by plain restic. */
  readonly repo: string;
  /** What was deleted, until purge. */
  readonly trash: string;
  readonly journal: string;
  /** Uploads under way, a folder per live session: nothing in here is part of the repository. */
  readonly incoming: string;
  /** Files whose bytes were found not to be their own. Nothing is served from here. */
  readonly quarantine: string;
}

/** The layout of the source whose directory is `directory`. */
export const layoutOf = (directory: string): Layout => ({
  repo: join(directory, 'repo'),
  trash: join(directory, 'trash'),
  journal: join(directory, 'journal'),
  incoming: join(directory, 'incoming'),
  quarantine: join(directory, 'quarantine'),
});

/** The folders that belong to the source itself, below its directory. */
export const sourceFolders = ['repo', 'trash', 'journal', 'incoming', 'quarantine'] as const;

/** The folder that holds an object of this id while it is live. */
export const liveFolder = (layout: Layout, id: ObjectId): string => {
  if (id.type === 'config') return layout.repo;
  if (id.type === 'data') return join(layout.repo, 'data', id.name.slice(0, 2));
  return join(layout.repo, id.type);
};

/** The file of a live object. */
export const livePath = (layout: Layout, id: ObjectId): string => join(liveFolder(layout, id), id.name);

/** The folder that lists the live objects of a type; `data` has 256 folders of its own inside. */
export const typeFolder = (layout: Layout, type: NamedType): string => join(layout.repo, type);

/** The folder that holds deleted objects of this id's type. */
export const trashFolder = (layout: Layout, id: ObjectId): string => join(layout.trash, id.type);

/** The file of an object whose deletion was recorded at `seq`. */
export const trashPath = (layout: Layout, id: ObjectId, seq: Seq): string =>
  join(trashFolder(layout, id), `${id.name}.${seq}`);

/** The folder that holds damaged objects of this id's type. */
export const quarantineFolder = (layout: Layout, id: ObjectId): string => join(layout.quarantine, id.type);

/** The file of an object that the record at `seq` put into quarantine. */
export const quarantinePath = (layout: Layout, id: ObjectId, seq: Seq): string =>
  join(quarantineFolder(layout, id), `${id.name}.${seq}`);
