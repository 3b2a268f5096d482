import type { DatabaseSync } from 'node:sqlite';
import { Problem } from '@berth/common/problem.ts';
import { refuseNewer, versionOf } from '../../database/migrate.ts';
import { coordinatorShape } from './migrations.ts';

/**
 * Whether a reader finds the coordinator's tables in `db`; false while they are not made yet. Throws `state-newer`, and
 * `state-unreadable` for a file that the coordinator can not have written. To be asked before anything else.
 */
export const isReadable = (db: DatabaseSync, path: string): boolean => {
  const version = versionOf(db);
  refuseNewer(version, path, coordinatorShape);
  if (version === 0) return false;
  refusePrograms(db, path);
  return true;
};

/**
 * Ours has tables only. A view or a trigger would let whoever took the coordinator over have their own queries run by the
 * one who reads.
 */
const refusePrograms = (db: DatabaseSync, path: string): void => {
  db.exec('PRAGMA trusted_schema = OFF');
  if (db.prepare("SELECT 1 FROM sqlite_schema WHERE type NOT IN ('table', 'index')").get() === undefined) return;
  throw new Problem(
    'state-unreadable',
    `${path} holds more than the coordinator puts there: somebody else wrote it.`,
    'Stop the server, look at that file, and move it away: slots are planned anew, and no backup is touched.',
  );
};
