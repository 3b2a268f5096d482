import { z } from 'zod';
import { syncthingStateSchema } from '../facts.ts';

/**
 * What the supervisor and its watcher say to each other: one JSON object a line, on the watcher's standard input and output. The watcher
 * holds the keys of Syncthing's API, which may do anything there, and reads no file of any phone.
 */

/** Whom to watch: all of them, each time. */
export const toWatcherSchema = z.object({
  type: z.literal('phones'),
  phones: z.array(
    z.object({
      name: z.string(),
      url: z.string(),
      key: z.string(),
      folderId: z.string(),
      /** PEM of the only certificate to trust; null trusts those that Node knows. */
      certificate: z.string().nullable(),
    }),
  ),
});
export type ToWatcher = z.output<typeof toWatcherSchema>;

/** All that the supervisor takes of it. */
export const fromWatcherSchema = z.discriminatedUnion('type', [
  /** It goes on. */
  z.object({ type: z.literal('alive') }),
  /** The phones it was told of are the ones it watches. */
  z.object({ type: z.literal('applied') }),
  /** On every change, and every minute. */
  z.object({ type: z.literal('state'), phone: z.string().max(200), state: syncthingStateSchema }),
  /** Files have arrived or gone; said at most once a second. */
  z.object({ type: z.literal('changed'), phone: z.string().max(200) }),
]);
export type FromWatcher = z.output<typeof fromWatcherSchema>;
