import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import type { Mode } from '../accounts/layout.ts';

/**
 * Where an image for {@link Mode} `container` keeps its account files: links on a read-only root into a /run that is
 * a tmpfs.
 */
export const containerAccounts = { passwd: '/run/berth/etc/passwd', group: '/run/berth/etc/group' } as const;

/**
 * The mode this process can serve in. Throws `cannot-isolate` for root that can neither have a namespace nor is in
 * our image.
 */
export const detectMode = (): Mode => {
  if (process.getuid?.() !== 0) return 'rootless';
  if (isOurImage('/')) return 'container';
  if (hasSysAdmin(readFileSync('/proc/self/status', 'utf8'))) return 'private';
  throw new Problem(
    'cannot-isolate',
    'This root lacks CAP_SYS_ADMIN, so it can not give the sources accounts of their own without touching the host.',
    'Run it as real root, in the berth image, or as an ordinary user (rootless mode).',
  );
};

/** True when CapEff of a /proc/PID/status holds CAP_SYS_ADMIN, which is bit 21 (capability.h). */
export const hasSysAdmin = (status: string): boolean => {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return mask !== undefined && ((BigInt(`0x${mask}`) >> 21n) & 1n) === 1n;
};

/** What a mode means for the sources, in words for the person who starts the server. */
export const isolationOf: Readonly<Record<Mode, string>> = {
  private: 'each source has its own UID; accounts live in a private mount namespace',
  container: "each source has its own UID; accounts live in the container's /run",
  rootless:
    'ROOTLESS: all sources share one UID, so the jail, if there is one, and the program keep them apart. Run as root for a UID per source',
};

/**
 * True when the process sees our image and we do not: a command on a host where systemd shows the server little of it. False beside a container,
 * whose processes have other numbers out here.
 */
export const isBesideImage = (pid: number): boolean => !isOurImage('/') && isOurImage(`/proc/${pid}/root`);

const isOurImage = (root: string): boolean => {
  try {
    return readlinkSync(join(root, 'etc/passwd')) === containerAccounts.passwd;
  } catch {
    return false;
  }
};
