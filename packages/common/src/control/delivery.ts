import { z } from 'zod';
import { reportSchema } from '../report.ts';
import { instant } from './wire.ts';

/** `POST /v1/runs/:run/report`. `sentAt` is the agent's clock while it sends: it tells how wrong that clock is. */
export const deliverySchema = z.object({ sentAt: instant, report: reportSchema });
export type Delivery = z.output<typeof deliverySchema>;

/** Its answer: 201 `new`, or 200 `known` when it was kept before; either way it is on the server's disk. */
export const deliveryAnswerSchema = z.object({ kept: z.enum(['new', 'known']) });
