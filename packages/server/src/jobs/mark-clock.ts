import { z } from 'zod';
import { openContext } from '../store/open-context.ts';
import { beginning } from '../store/seq.ts';
import { defineJob } from './job.ts';

/**
 * Writes into a source's journal that the server's clock is right here (store/times.ts says what follows). A source
 * that never stored anything has nothing to be dated, and gets no journal.
 */
export const markClockJob = defineJob({
  name: 'mark-clock',
  args: z.strictObject({}),
  result: z.object({ marked: z.boolean() }),
  run: async ({ directory, disk, now, pid, isAlive }) => {
    await using open = await openContext({
      ...{ directory, disk, now, pid, isAlive, presence: 'shared' },
      ...{ quotaBytes: null, floorBytes: null },
    });
    const { journal, record } = open.context;
    if (journal.seen() === beginning) return { marked: false };
    await record({ op: 'clock' });
    return { marked: true };
  },
});
