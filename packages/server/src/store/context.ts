import { isErrno } from '@berth/common/errno.ts';
import type { Disk } from './disk.ts';
import type { FolderSync } from './folder-sync.ts';
import type { Journal } from './journal.ts';
import type { Layout } from './layout.ts';
import type { Change, Mark } from './record.ts';
import type { Room } from './room.ts';
import type { Seq } from './seq.ts';
import type { Serial } from './serial.ts';
import type { Usage } from './usage.ts';

/** What every operation of one open store works with. */
export interface Context {
  readonly layout: Layout;
  readonly disk: Disk;
  readonly journal: Journal;
  readonly folders: FolderSync;
  /** Makes the change of an object's place one at a time within this session. */
  readonly serial: Serial;
  /** A new path below `incoming/`, for one upload of this session. */
  readonly temporary: () => string;
  /** Usage as of the last record seen. */
  readonly usage: () => Usage;
  /** Writes a record durably and answers with its place. */
  readonly record: (what: Change | Mark) => Promise<Seq>;
  readonly room: Room;
  /** True when no other session of the source lived a moment ago. */
  readonly isAlone: () => Promise<boolean>;
}

/** True when the disk says that it, or the account's share of it, is full. */
export const isFull = (error: unknown): boolean => isErrno(error, 'ENOSPC', 'EDQUOT');
