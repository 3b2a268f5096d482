import { randomUUID } from 'node:crypto';
import { defineJob } from '../../jobs/job.ts';
import { dateOf } from '../dates/date-of.ts';
import { nodeMirrorDisk } from './disk.ts';
import { mirrorPass } from './mirror.ts';
import { mirrorArgumentsSchema, passResultSchema } from './pass.ts';

/** One pass of a phone's mirror. Throws `busy` while another is at work. */
export const mirrorJob = defineJob({
  name: 'mirror',
  args: mirrorArgumentsSchema,
  result: passResultSchema,
  run: ({ now, signal }, args) =>
    mirrorPass(args, { disk: nodeMirrorDisk, now, dateOf, signal, newMark: () => randomUUID() }),
});
