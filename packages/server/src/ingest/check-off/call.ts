import { checkOffArgumentsSchema, checkOffResultSchema } from './check-off.ts';

/** The job, as whoever starts it knows it: it is told the newest snapshot (`ListingLine`), and says `CheckOffProgress`. */
export const checkOffCall = { name: 'check-off', args: checkOffArgumentsSchema, result: checkOffResultSchema } as const;
