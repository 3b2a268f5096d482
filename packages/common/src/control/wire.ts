import { z } from 'zod';

/** The version of the control API, as in its paths: `/v1/…`. Unknown keys are dropped, so newer ends can say more to older ones. */
export const controlVersion = 1;

/** RFC 3339 in UTC. */
export const instant = z.iso.datetime();
/** Milliseconds. */
export const millis = z.int().min(0);

/** How an answer that is no success looks, whatever its status: what happened, and what to do next. */
export const refusalSchema = z.object({
  error: z.object({ code: z.string().regex(/^[a-z0-9-]{1,60}$/), message: z.string(), remedy: z.string() }),
});
export type Refusal = z.output<typeof refusalSchema>;

/** The most a request may carry, in bytes; a report stays under 3 MiB. */
export const bodyLimits = { report: 4 * 1024 ** 2, other: 64 * 1024 } as const;
