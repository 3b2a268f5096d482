import { coordinatorUid } from '../coordinator/paths.ts';

/**
 * The largest UID. Linux counts to 2^32 - 2, but systemd's UIDS-GIDS.md advises against everything from 2^31 on because
 * many programs read a UID as a signed number, and NFS and archive formats are among them.
 */
export const largestUid = 2 ** 31 - 1;

/**
 * Why a UID can't be a source's; null where it can. Everything else from 1 is allowed, system range included, because
 * the numbers on a NAS are often given by what is already on its disks (and the plain form says `uid: 100`).
 */
export const refusedUid = (uid: number): string | null => {
  if (!Number.isInteger(uid)) return `UID ${uid} is not a whole number`;
  if (uid === 0) return 'UID 0 is root, who reads and writes everything';
  if (uid < 0) return `UID ${uid} is negative`;
  if (uid === coordinatorUid) return `UID ${uid} is the coordinator's, which keeps the reports of all sources`;
  // Debian Policy §9.2.2: 65534 is nobody, and 65535 is (uid_t) -1 where a UID has 16 bits.
  if (uid === 65_534) return 'UID 65534 is nobody, to whom every unmapped file seems to belong';
  if (uid === 65_535) return 'UID 65535 means "no user" to programs with 16-bit UIDs';
  if (uid > largestUid) return `UID ${uid} is larger than ${largestUid}, and many programs would read it as negative`;
  return null;
};

/** The first UID from 1001 up that nobody in `taken` has: what a remedy proposes. */
export const freeUid = (taken: ReadonlySet<number>): number => {
  let uid = 1001;
  while (taken.has(uid) || refusedUid(uid) !== null) uid += 1;
  return uid;
};
