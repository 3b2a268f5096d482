import { z } from 'zod';
import { checkOffArgumentsSchema, checkOffResultSchema } from './check-off.ts';

/** The job, as whoever starts it knows it: it is told the newest snapshot (`ListingLine`), and says `CheckOffProgress`. */
export const checkOffCall = { name: 'check-off', args: checkOffArgumentsSchema, result: checkOffResultSchema } as const;

const newestArgumentsSchema = z.object({
  /** The source. */
  name: z.string(),
  /** The agent's home of this phone. */
  home: z.string(),
  passwordFile: z.string(),
  receiveSocket: z.string(),
  restic: z.string(),
  dial: z.array(z.string()).min(1),
});
export type NewestArguments = z.output<typeof newestArgumentsSchema>;

const newestResultSchema = z.object({ snapshot: z.object({ id: z.string(), at: z.string() }).nullable() });
export type NewestResult = z.output<typeof newestResultSchema>;

/** The job that says the newest snapshot: its progress is `ListingLine`s. */
export const newestCall = { name: 'newest-snapshot', args: newestArgumentsSchema, result: newestResultSchema } as const;
