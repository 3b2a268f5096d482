import type { Disk } from './disk.ts';
import type { Usage } from './usage.ts';

/** Why there is no room: the source's quota, the space that stays free on the disk whatever the sources send, or its end. */
export type NoRoom = 'quota' | 'floor' | 'disk';

/** Room that uploads of this session have asked for. */
export interface Room {
  /** Takes `bytes` of room; null when there was, and otherwise nothing is taken. */
  readonly reserve: (bytes: number) => Promise<NoRoom | null>;
  /** Says that `bytes` of what was taken are on the disk now, where everyone sees them. */
  readonly written: (bytes: number) => void;
  /** Gives back what was taken and not written, and what was written and is gone again. */
  readonly release: (taken: { readonly reserved: number; readonly written: number }) => void;
}

/** What stays free where nobody has said: this share of the disk, and at most so much. */
const defaultShare = 0.05;
const defaultMostBytes = 1024 ** 3;

/** The bytes that must stay free on a disk of `totalBytes`. */
export const floorOf = (floorBytes: number | null, totalBytes: number): number =>
  floorBytes ?? Math.min(totalBytes * defaultShare, defaultMostBytes);

/**
 * Room below a quota and above a floor. Sessions of other sources take from the same disk at the same time, so a long
 * upload asks again as it goes; between two questions each upload can pass the floor by one batch.
 */
export const roomOf = (args: {
  readonly disk: Disk;
  /** Any folder on the disk. */
  readonly folder: string;
  readonly quotaBytes: number | null;
  readonly floorBytes: number | null;
  readonly usage: () => Usage;
}): Room => {
  const { disk, folder, quotaBytes, floorBytes, usage } = args;
  let reserved = 0;
  let unwritten = 0;
  return {
    reserve: async (bytes) => {
      const space = await disk.space(folder);
      const { live, trash } = usage();
      if (quotaBytes !== null && live.bytes + trash.bytes + reserved + bytes > quotaBytes) return 'quota';
      const left = space.freeBytes - unwritten - bytes;
      if (left < floorOf(floorBytes, space.totalBytes)) return left < 0 ? 'disk' : 'floor';
      reserved += bytes;
      unwritten += bytes;
      return null;
    },
    written: (bytes) => {
      unwritten -= bytes;
    },
    release: (taken) => {
      reserved -= taken.reserved;
      unwritten -= taken.reserved - taken.written;
    },
  };
};
