import { z } from 'zod';
import { readUsage } from '../store/usage-read.ts';
import { amount } from './amount.ts';
import { defineJob } from './job.ts';

const usage = z.object({ live: amount, trash: amount });

/** What a source occupies: what its client asked to keep, and what it deleted and the trash still holds. */
export type SourceUsage = z.infer<typeof usage>;

/** Counts a source's journal. Touches nothing. */
export const usageJob = defineJob({
  name: 'usage',
  args: z.strictObject({}),
  result: usage,
  run: async ({ disk, directory }) => usage.parse(await readUsage(disk, directory)),
});
