import { statfs } from 'node:fs/promises';
import { formatSize, isBytes } from '@berth/common/size.ts';
import { keyOf, type Raised, type Word } from '../events/condition.ts';
import { floorOf } from '../store/room.ts';

/** What the disk of the data directory has in all and still gives to users. */
export const spaceOf = async (
  dataDir: string,
): Promise<{ readonly totalBytes: number; readonly freeBytes: number }> => {
  const { blocks, bavail, bsize } = await statfs(dataDir);
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
};

/** Free space swings with every prune: what was raised is over only when this much more is free. */
const overAgain = 1.1;

/**
 * What the free space of the disk says: below the floor no source may store anything, and at twice that it will soon be
 * so. `isOpen` tells whether a condition of that key is open.
 */
export const diskWords = (
  { totalBytes, freeBytes }: { readonly totalBytes: number; readonly freeBytes: number },
  floorBytes: number | null,
  isOpen: (key: string) => boolean,
): readonly Word[] => {
  const floor = floorOf(floorBytes, totalBytes);
  const words = (condition: Raised, limit: number): readonly Word[] => {
    if (freeBytes < limit) return [{ raise: condition }];
    const key = keyOf(condition);
    return isOpen(key) && freeBytes >= limit * overAgain ? [{ resolve: key }] : [];
  };
  return [...words(full(floor), floor), ...words(soonFull(floor), floor * 2)];
};

const remedy =
  'Make room, or add a disk: see who stores how much with berth-server status. Quotas in sources.yaml keep one source from taking the room of all.';

/** No figures that change with every upload: one condition is one text. */
const full = (floor: number): Raised => ({
  ...{ code: 'disk-floor', source: null, subject: null, severity: 'critical', remedy },
  text: `The disk is full: less than its floor of ${size(floor)} is free. Backups are refused; restores, deletes and purges go on.`,
});

const soonFull = (floor: number): Raised => ({
  ...{ code: 'disk-full-soon', source: null, subject: null, severity: 'warning', remedy },
  text: `The disk is nearly full: less than ${size(floor * 2)} is free. At ${size(floor)} backups are refused.`,
});

const size = (bytes: number): string => {
  const whole = Math.floor(bytes);
  return isBytes(whole) ? formatSize(whole) : `${whole} B`;
};
