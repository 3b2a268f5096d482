import { join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { isJsonObject, parseJson } from '@berth/common/parse-json.ts';
import type { Disk } from './disk.ts';

/** What one opening of a store found half done and finished, in words for people. */
export interface Mended {
  /** UTC milliseconds. */
  readonly at: number;
  readonly what: readonly string[];
}

const fileName = 'mended.jsonl';
/** So much of it is kept; then it begins anew. */
const mostBytes = 64 * 1024;

/**
 * Notes beside the journal what was mended. Not on standard error: that is the screen of a client, whom it does not
 * concern; `fsck` shows it to the admin. A disk that takes no more keeps nobody from opening their store.
 */
export const noteMended = async (disk: Disk, folder: string, { at, what }: Mended): Promise<void> => {
  if (what.length === 0) return;
  const path = join(folder, fileName);
  try {
    if (((await disk.size(path)) ?? 0) > mostBytes) await disk.unlink(path);
    const file = await disk.openAppend(path);
    try {
      await file.append(Buffer.from(`${JSON.stringify({ at: new Date(at).toISOString(), what })}\n`));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!isErrno(error, 'ENOSPC', 'EDQUOT', 'EIO')) throw error;
  }
};

/** The last `count` notes, oldest first. Lines that are none are passed over. */
export const readMended = async (disk: Disk, folder: string, count: number): Promise<readonly Mended[]> => {
  const path = join(folder, fileName);
  const size = await disk.size(path);
  if (size === null || size > 2 * mostBytes) return [];
  const file = await disk.openRead(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, 0);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    return lines.flatMap((line) => parseMended(line) ?? []).slice(-count);
  } finally {
    await file.close();
  }
};

const parseMended = (line: string): Mended | null => {
  const value = parseJson(line);
  if (!isJsonObject(value) || typeof value['at'] !== 'string' || !Array.isArray(value['what'])) return null;
  const at = Date.parse(value['at']);
  return Number.isNaN(at) ? null : { at, what: value['what'].filter((words) => typeof words === 'string') };
};
