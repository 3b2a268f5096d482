import { join } from 'node:path';
import { execa } from 'execa';
import { fetchDebian } from './fetch-debian.ts';

/** Which Debian suite carries which restic; the tests run against both. */
const suites = { '0.14': 'bookworm', '0.18': 'trixie' } as const;
/** A restic the tests want: Debian 12's, and Debian 13's. */
export type ResticRelease = keyof typeof suites;
/** Every restic the tests want, oldest first. */
export const resticReleases = ['0.14', '0.18'] as const satisfies readonly ResticRelease[];

/**
 * The path of a restic of that release: the machine's own if it fits, else one taken from the Debian mirror this machine
 * already uses, unpacked into `.cache/`. Rejects with the reason when it can't be had.
 */
export const fetchRestic = async (release: ResticRelease): Promise<string> => {
  if (await isRelease('/usr/bin/restic', release)) return '/usr/bin/restic';
  const suite = suites[release];
  const binary = join(await fetchDebian(`restic-${release}`, suite, ['restic']), 'usr/bin/restic');
  if (!(await isRelease(binary, release))) throw new Error(`suite ${suite} has another restic than ${release}`);
  return binary;
};

const isRelease = async (binary: string, release: ResticRelease): Promise<boolean> => {
  const { stdout } = await execa(binary, ['version'], { reject: false, stdin: 'ignore', timeout: 60_000 });
  return (stdout ?? '').startsWith(`restic ${release}.`);
};

if (import.meta.main) {
  for (const release of resticReleases) console.log(`restic ${release}: ${await fetchRestic(release)}`);
}
