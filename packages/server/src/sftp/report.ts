import { z } from 'zod';

/** What one pass over an SFTP source found: printed as JSON by the session program, read by the supervisor. */
export const passReport = z.object({
  /** What its files and the server's copies occupy, in bytes of the disk: a file full of holes counts what it uses. */
  usedBytes: z.int().nonnegative(),
  files: z.int().nonnegative(),
  /** When a file was last changed in any way, by the kernel's own record: ms since 1970; null without files. */
  newestMs: z.number().nullable(),
  /** Changed within the settling time: for a later pass. */
  unsettled: z.int().nonnegative(),
  copied: z.int().nonnegative(),
  /** Copies moved to the trash, because their file was overwritten or is gone. */
  trashed: z.int().nonnegative(),
  /** Files and folders that the source itself has closed to everyone: nothing of them can be copied. */
  unreadable: z.int().nonnegative(),
  /** Others that could not be looked at or copied, and the error of the first. */
  failed: z.int().nonnegative(),
  firstFailure: z.string().nullable(),
});

export type PassReport = z.infer<typeof passReport>;
