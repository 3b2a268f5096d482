import { readFile, stat } from 'node:fs/promises';
import { execa } from 'execa';
import { type Finding, failed, fine, warning } from './finding.ts';

/** Whose files restic can read: all, by being root or by CAP_DAC_READ_SEARCH, or those of one user. */
export type Reach = 'everything' | 'own';

/** CAP_DAC_READ_SEARCH in capabilities(7): read every file, search every directory; write nothing. */
const dacReadSearch = 1n << 2n;

/** What may this user read, and by what right? `restic` is the path of the binary, null where it is not found. */
export const checkPrivileges = async (
  uid: number,
  restic: string | null,
  procStatus = '/proc/self/status',
): Promise<{ readonly finding: Finding; readonly reach: Reach }> => {
  if (process.platform !== 'linux') return reachOf('own', fine('privileges', `UID ${uid}`));
  if (uid === 0) {
    return reachOf(
      'everything',
      fine('privileges', 'root, so every file can be read; docs/running-without-root.md shows how to do with less'),
    );
  }
  const owned = restic === null ? null : await checkFileCapability(restic);
  if (owned) return owned;
  if (await hasEffective(procStatus)) {
    return reachOf(
      'everything',
      fine('privileges', 'CAP_DAC_READ_SEARCH: every file can be read, none but our own written'),
    );
  }
  return reachOf(
    'own',
    warning(
      'privileges',
      `UID ${uid} without CAP_DAC_READ_SEARCH: only files this user may read are backed up.`,
      'That is fine for your own files. For the whole machine see docs/running-without-root.md.',
    ),
  );
};

/** A restic binary that carries the capability gives it to whoever may start it, so nobody else may. */
const checkFileCapability = async (
  restic: string,
): Promise<{ readonly finding: Finding; readonly reach: Reach } | null> => {
  const { stdout, failed: broken } = await execa('getcap', [restic], {
    reject: false,
    timeout: 5_000,
    // getcap lives in /usr/sbin on Debian, which is not on a user's PATH.
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  });
  if (broken || !/cap_dac_read_search[^ ]*[=+][a-z]*e/.test(stdout)) return null;
  const { mode } = await stat(restic);
  if ((mode & 0o007) !== 0) {
    return reachOf(
      'everything',
      failed(
        'privileges',
        `The mode of ${restic} lets every user of this machine start it, and with it read every file.`,
        `Run as root: chmod o= ${restic}`,
      ),
    );
  }
  return reachOf('everything', fine('privileges', `${restic} carries CAP_DAC_READ_SEARCH, for its group only`));
};

const hasEffective = async (procStatus: string): Promise<boolean> => {
  const status = await readFile(procStatus, 'utf8').catch(() => '');
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return effective !== undefined && (BigInt(`0x${effective}`) & dacReadSearch) !== 0n;
};

const reachOf = (reach: Reach, finding: Finding): { readonly finding: Finding; readonly reach: Reach } => ({
  finding,
  reach,
});
