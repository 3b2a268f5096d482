import type { z } from 'zod';
import type { Job } from '../jobs/job.ts';
import { backupJob } from './backup/job.ts';
import { checkOffJob } from './check-off/job.ts';
import { mirrorJob } from './mirror/job.ts';
import { listJob } from './restic/list.ts';
import { restoreJob } from './restic/restore.ts';
import { snapshotsJob } from './restic/snapshots.ts';

/** Every job on a phone's files, by the name that the ingest program is started with. */
export const ingestJobs: readonly Job<z.ZodType, z.ZodType>[] = [
  mirrorJob,
  backupJob,
  checkOffJob,
  snapshotsJob,
  listJob,
  restoreJob,
];
