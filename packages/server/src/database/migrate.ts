import type { DatabaseSync } from 'node:sqlite';
import { Problem } from '@berth/common/problem.ts';

/** How many steps a file has been through: its `user_version`. */
export const versionOf = (db: DatabaseSync): number => {
  const version = db.prepare('PRAGMA user_version').get()?.['user_version'];
  return typeof version === 'number' ? version : 0;
};

/**
 * The shape of a database, a step each; what stands there never changes, a new shape is a new step. `loss` says what is not shown
 * any more once the file is moved away.
 */
export interface Shape {
  readonly steps: readonly string[];
  readonly loss: string;
}

/** Brings a file to the newest shape, each step whole or not at all. Throws `state-newer` and changes nothing where it is newer. */
export const migrate = (db: DatabaseSync, path: string, shape: Shape): void => {
  const version = versionOf(db);
  refuseNewer(version, path, shape);
  for (const [index, step] of shape.steps.entries()) {
    if (index < version) continue;
    db.exec(`BEGIN IMMEDIATE; ${step} PRAGMA user_version = ${index + 1}; COMMIT;`);
  }
};

/** Throws `state-newer`. */
export const refuseNewer = (version: number, path: string, { steps, loss }: Shape): void => {
  if (version <= steps.length) return;
  throw new Problem(
    'state-newer',
    `${path} was written by a newer berth: it has version ${version}, and this one knows ${steps.length}.`,
    `Start the newer berth again. To go back all the same, move the file away: ${loss}`,
  );
};
