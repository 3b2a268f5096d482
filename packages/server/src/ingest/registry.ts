import type { z } from 'zod';
import type { Job } from '../jobs/job.ts';
import { backupJob } from './backup/job.ts';
import { mirrorJob } from './mirror/job.ts';

/** Every job on a phone's files, by the name that the ingest program is started with. */
export const ingestJobs: readonly Job<z.ZodType, z.ZodType>[] = [mirrorJob, backupJob];
