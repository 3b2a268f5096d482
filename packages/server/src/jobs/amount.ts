import type { Bytes } from '@berth/common/brand.ts';
import { isBytes } from '@berth/common/size.ts';
import { z } from 'zod';

/** Bytes as a job counts them. */
export const bytes = z.custom<Bytes>((value) => typeof value === 'number' && isBytes(value), 'it counts no bytes');

/** How much there is of something, as jobs answer it. */
export const amount = z.object({ bytes, objects: z.int().nonnegative() });

/** A count of the store's, as `amount` takes it. Throws a RangeError for what counts nothing. */
export const amountOf = (counted: { readonly bytes: number; readonly objects: number }): z.output<typeof amount> =>
  amount.parse(counted);
