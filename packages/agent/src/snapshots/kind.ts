import { dumpTag } from '../databases/name.ts';
import { containerTag } from '../run/tags.ts';

/** What a snapshot is of. Whatever is tagged as neither of the others is files, also what plain restic made before berth came. */
export const snapshotKinds = ['files', 'database', 'container'] as const;
export type SnapshotKind = (typeof snapshotKinds)[number];

/** The kind of a snapshot with these tags. */
export const kindOf = (tags: readonly string[]): SnapshotKind =>
  tags.includes(dumpTag) ? 'database' : tags.includes(containerTag) ? 'container' : 'files';
