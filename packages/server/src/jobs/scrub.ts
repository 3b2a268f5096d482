import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { namedTypes } from '../store/object.ts';
import { pacedAt, unpaced } from '../store/scrub/pace.ts';
import { scrub } from '../store/scrub/scrub.ts';
import { defineJob } from './job.ts';

const count = z.int().nonnegative();

const badObject = z.object({
  type: z.enum(['config', ...namedTypes]),
  name: z.string(),
  where: z.enum(['live', 'trash']),
  /** `hash`, `size`, or the errno, such as `EIO`, with which reading it failed. */
  reason: z.string(),
  /** False when it could not be moved, and is where it was. */
  quarantined: z.boolean(),
  restoredFromTrash: z.boolean(),
});

const result = z.object({
  checked: count,
  bytes: count,
  /** The first thousand; `cycle.bad` counts all of the cycle. */
  bad: z.array(badObject).readonly(),
  /** One time through everything, of which this run was a part. Times are UTC milliseconds. */
  cycle: z.object({
    startedAt: count,
    objects: count,
    bytes: count,
    bad: count,
    /** Null while some of it is still to do. */
    endedAt: count.nullable(),
  }),
  stopped: z.enum(['signal', 'failing-disk']).nullable(),
  notes: z.array(z.string()).readonly(),
});

/** What a scrub answers: store/scrub.ts says more of each field. */
export type ScrubJobResult = z.infer<typeof result>;
/** A file that was found bad, as the job names it. */
export type BadFile = z.infer<typeof badObject>;

const progress = z.object({ objects: count, bytes: count, totalBytes: count });

/** How far a scrub is; null for anything else. */
export const parseScrubProgress = (value: unknown): z.infer<typeof progress> | null =>
  progress.safeParse(value).data ?? null;

const progressEveryMs = 200;
const mostNamed = 1000;

/**
 * Checks today's share of a source's files against their names, or `all` of them; `rateBytesPerSecond` null reads as
 * fast as the disk can. Progress: see `parseScrubProgress`, some times a second.
 */
export const scrubJob = defineJob({
  name: 'scrub',
  args: z.strictObject({ scrubMs: count, rateBytesPerSecond: z.number().positive().nullable(), all: z.boolean() }),
  result,
  run: async (context, { scrubMs, rateBytesPerSecond, all }) => {
    const { directory, disk, now, pid, isAlive, signal } = context;
    const nowMs = (): number => performance.now();
    const wait = (millis: number): Promise<void> => sleep(millis, undefined, { signal });
    let shownAt = Number.NEGATIVE_INFINITY;
    const { bad, ...rest } = await scrub({
      open: { directory, disk, now, pid, isAlive },
      scrubMs,
      all,
      pace: rateBytesPerSecond === null ? unpaced : pacedAt({ bytesPerSecond: rateBytesPerSecond, nowMs, sleep: wait }),
      sleep: wait,
      signal,
      onProgress: (value) => {
        if (nowMs() - shownAt < progressEveryMs) return;
        shownAt = nowMs();
        context.progress(value);
      },
    });
    return { ...rest, bad: bad.slice(0, mostNamed).map(({ id, ...more }) => ({ ...id, ...more })) };
  },
});
