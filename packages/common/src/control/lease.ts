import { z } from 'zod';
import { policySchema } from './policy.ts';
import { instant, millis } from './wire.ts';

/** `POST /v1/runs`. The same run asked for twice is one run. */
export const leaseRequestSchema = z.object({
  run: z.uuid(),
  /** `slot`: only when it is due. `person`: somebody waits for it, so it is due now, and stands first in the queue. */
  reason: z.enum(['slot', 'person']),
});
export type LeaseRequest = z.output<typeof leaseRequestSchema>;

/**
 * Its answer: 201 with `granted`; 202 with the others. A lease ends with its report, or at `expiresAt` unless a heartbeat
 * comes. Whoever waits asks again after `retryAfterMs`; who does not loses the place in the queue.
 */
export const leaseAnswerSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('granted'), now: instant, expiresAt: instant, heartbeatMs: millis, policy: policySchema }),
  z.object({
    kind: z.literal('waiting'),
    now: instant,
    /** From 1: the next whose turn it is. */
    position: z.int().min(1),
    retryAfterMs: millis,
    /** For people: what holds the places. */
    words: z.string(),
  }),
  z.object({ kind: z.literal('not-due'), now: instant, startsAt: instant.nullable(), askAgainAt: instant }),
]);
export type LeaseAnswer = z.output<typeof leaseAnswerSchema>;

/** `PATCH /v1/runs/:run`, every `heartbeatMs`. What is not known is null. */
export const heartbeatSchema = z.object({
  step: z
    .string()
    .regex(/^[a-z-]{1,30}$/)
    .nullable(),
  bytesDone: z.number().min(0).nullable(),
  bytesTotal: z.number().min(0).nullable(),
});
export type Heartbeat = z.output<typeof heartbeatSchema>;

/** Its answer: 200, or 410 `lease-lost` when the lease has expired and its place is taken: stop, and ask again. */
export const heartbeatAnswerSchema = z.object({ expiresAt: instant });
