import type { Bytes } from '@berth/common/brand.ts';
import { isBytes } from '@berth/common/size.ts';
import { z } from 'zod';
import { readUsage } from '../store/usage-read.ts';
import { defineJob } from './job.ts';

const bytes = z.custom<Bytes>((value) => typeof value === 'number' && isBytes(value));
const amount = z.object({ bytes, objects: z.int() });
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
