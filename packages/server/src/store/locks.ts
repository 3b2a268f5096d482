import { change } from './change.ts';
import { type Context, isFull } from './context.ts';
import { lastOperation } from './journal-read.ts';
import { livePath, typeFolder } from './layout.ts';
import { type ObjectId, parseObjectName } from './object.ts';

/** restic's locks that are live now. */
export const liveLocks = async ({ disk, layout }: Pick<Context, 'disk' | 'layout'>): Promise<readonly ObjectId[]> =>
  (await disk.list(typeFolder(layout, 'locks')))
    .map(parseObjectName)
    .filter((name) => name !== null)
    .map((name): ObjectId => ({ type: 'locks', name }));

/**
 * Moves the locks that dead sessions left to the trash, and answers with how many. restic holds a lock as long as its
 * command runs, and a command can not outlive its session; so what was there before `isAlone` said that no other
 * session lives has nobody behind it. A lock that the journal does not know was made by a restic on this very machine,
 * which has no session: that one stays.
 */
export const reapLocks = async (context: Context, isAlone: () => Promise<boolean>): Promise<number> => {
  const locks = await liveLocks(context);
  if (locks.length === 0 || !(await isAlone())) return 0;
  let reaped = 0;
  for (const id of locks) {
    const size = await context.disk.size(livePath(context.layout, id));
    if (size === null || (await lastOperation(context.disk, context.layout.journal, id)) !== 'put') continue;
    try {
      await change(context, { op: 'trash', id, size });
    } catch (error) {
      // Not worth a restore: on a full disk a lock in the way is the lesser trouble.
      if (isFull(error)) return reaped;
      throw error;
    }
    reaped += 1;
  }
  return reaped;
};
