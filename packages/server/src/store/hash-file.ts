import { createHash } from 'node:crypto';
import type { Disk } from './disk.ts';

/** The lower-case hexadecimal SHA-256 of a file's bytes, read in parts. */
export const hashFile = async (disk: Disk, path: string): Promise<string> => {
  const file = await disk.openRead(path);
  const hash = createHash('sha256');
  for await (const chunk of file.createReadStream()) hash.update(chunk);
  return hash.digest('hex');
};
