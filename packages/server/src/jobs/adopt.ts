import { z } from 'zod';
import { adopt } from '../store/fsck/adopt.ts';
import { repairArguments, unlessInterrupted } from './fsck.ts';
import { defineJob } from './job.ts';

const count = z.int().nonnegative();
const amount = z.object({ bytes: count, objects: count });
const result = z.object({
  recorded: count,
  /** The first hundred files that are in quarantine now. */
  damaged: z.array(z.string()).readonly(),
  damagedCount: count,
  usage: z.object({ live: amount, trash: amount }),
});

/** What an adoption answers: store/adopt.ts. */
export type AdoptResult = z.infer<typeof result>;

/** Adopts the plain restic repository in a source's `repo/`. */
export const adoptJob = defineJob({
  name: 'adopt',
  args: z.strictObject({}),
  result,
  run: async (context) => {
    const { recorded, damaged, usage } = await unlessInterrupted(context, () =>
      adopt({ ...repairArguments(context), verify: false }),
    );
    return { recorded, damaged: damaged.slice(0, 100), damagedCount: damaged.length, usage };
  },
});
