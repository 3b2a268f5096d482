import { z } from 'zod';
import { layoutOf } from '../store/layout.ts';
import { readHistory } from '../store/past/history.ts';
import { defineJob } from './job.ts';

const amount = z.strictObject({ objects: z.int(), bytes: z.int() });

const stretch = z.strictObject({
  from: z.int(),
  to: z.int(),
  stored: amount,
  deleted: amount,
  returned: amount,
  snapshotsStored: z.int(),
  snapshotsDeleted: z.int(),
  snapshots: z.int(),
  live: amount,
  massDelete: z.boolean(),
  quiet: z.int().nullable(),
});

/** What happened to a source, as it crosses to whoever shows it: `Stretch` of store/history.ts. */
export const sourceHistory = z.strictObject({ stretches: z.array(stretch), earlier: z.int() });
export type SourceHistory = z.infer<typeof sourceHistory>;

/** Tells of the last stretches of a source's past. Touches nothing. */
export const historyJob = defineJob({
  name: 'history',
  args: z.strictObject({ most: z.int().min(1).max(10_000) }),
  result: sourceHistory,
  run: async ({ disk, directory }, { most }) => {
    const { stretches, earlier } = await readHistory(disk, layoutOf(directory).journal, most);
    return { stretches: [...stretches], earlier };
  },
});
