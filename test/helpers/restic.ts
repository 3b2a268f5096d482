import { fetchRestic, type ResticRelease, resticReleases } from '../../scripts/fetch-restic.ts';

/** A restic the tests can run, or the reason why there is none. */
export type ResticBinary =
  | { readonly release: ResticRelease; readonly path: string }
  | { readonly release: ResticRelease; readonly missing: string };

/**
 * Every restic the tests should run against: Debian 12's 0.14 and Debian 13's 0.18. Fetches what the machine lacks; a
 * release that can't be had comes with its reason, which is printed so that a skipped test says why.
 */
export const resticBinaries = async (): Promise<readonly ResticBinary[]> => Promise.all(resticReleases.map(find));

const find = async (release: ResticRelease): Promise<ResticBinary> => {
  try {
    return { release, path: await fetchRestic(release) };
  } catch (error) {
    const missing = error instanceof Error ? error.message : String(error);
    console.warn(`skipped: tests against restic ${release}: ${missing}`);
    return { release, missing };
  }
};
