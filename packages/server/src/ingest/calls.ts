import { backupArgumentsSchema, backupResultSchema } from './backup/arguments.ts';
import { mirrorArgumentsSchema, passResultSchema } from './mirror/pass.ts';

/** The jobs of the ingest program, as whoever starts them knows them: registry.ts has the jobs themselves. */
export const mirrorCall = { name: 'mirror', args: mirrorArgumentsSchema, result: passResultSchema } as const;

/** A wake of a phone's backup. It is told `ToBackup` while it runs. */
export const backupCall = { name: 'backup', args: backupArgumentsSchema, result: backupResultSchema } as const;
