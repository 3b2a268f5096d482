import { z } from 'zod';
import { severities } from '../../events/condition.ts';
import type { Delivery } from '../state.ts';

/** A delivery as it is kept. */
export const deliverySchema: z.ZodType<Delivery> = z.object({
  id: z.string(),
  channel: z.string(),
  message: z.object({
    id: z.string(),
    kind: z.enum(['raised', 'reminder', 'resolved', 'digest', 'test']),
    severity: z.enum(severities),
    title: z.string(),
    body: z.string(),
    code: z.string().nullable(),
    sources: z.array(z.string()),
    atMs: z.number(),
    url: z.string().nullable(),
    thread: z.string().nullable().exactOptional(),
    mail: z.object({ html: z.string(), text: z.string() }).nullable(),
  }),
  createdMs: z.number(),
  attempts: z.int(),
  nextMs: z.number(),
  error: z.string().nullable(),
  taken: z.boolean(),
});
