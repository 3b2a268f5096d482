import type { z } from 'zod';
import { adoptJob } from './adopt.ts';
import { fsckJob } from './fsck.ts';
import { historyJob } from './history.ts';
import type { Job } from './job.ts';
import { markClockJob } from './mark-clock.ts';
import { purgeJob } from './purge.ts';
import { releaseJob } from './release.ts';
import { reviewJob } from './review.ts';
import { planRewindJob, rewindJob } from './rewind.ts';
import { scrubJob } from './scrub.ts';
import { usageJob } from './usage.ts';

/** Every job, by the name that the job program is started with. */
export const jobs: readonly Job<z.ZodType, z.ZodType>[] = [
  usageJob,
  planRewindJob,
  rewindJob,
  historyJob,
  scrubJob,
  markClockJob,
  fsckJob,
  adoptJob,
  purgeJob,
  reviewJob,
  releaseJob,
];
