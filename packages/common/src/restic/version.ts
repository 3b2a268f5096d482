import { execa } from 'execa';
import { Problem } from '../problem.ts';
import { childEnvironment, type Environment } from './environment.ts';

/** A version of restic as it names itself. */
export interface ResticVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** `0.14.0` */
  readonly text: string;
}

/** Debian 12's restic, the oldest the tests run against: repositories of version 2 (compression) came with it. */
export const oldestRestic = '0.14';

/** Reads `restic 0.14.0 compiled with …`; null when it is no such line. Development builds (`0.18.0-dev`) count as theirs. */
export const parseResticVersion = (line: string): ResticVersion | null => {
  const match = /^restic (\d+)\.(\d+)\.(\d+)/.exec(line);
  if (match === null) return null;
  const [, major = '', minor = '', patch = ''] = match;
  return { major: Number(major), minor: Number(minor), patch: Number(patch), text: `${major}.${minor}.${patch}` };
};

/** True when `version` is at least `minor` of restic 0.x, or later. */
export const isAtLeast = (version: ResticVersion, minor: number): boolean =>
  version.major > 0 || version.minor >= minor;

/** Asks the binary. Throws a Problem 'restic-missing', 'restic-broken' or 'restic-too-old', each with what to install. */
export const readResticVersion = async (binary: string, env: Environment): Promise<ResticVersion> => {
  const result = await execa(binary, ['version'], {
    env: childEnvironment(env),
    extendEnv: false,
    stdin: 'ignore',
    timeout: 20_000,
    reject: false,
  });
  if (result.code === 'ENOENT') {
    throw new Problem(
      'restic-missing',
      `The program ${binary} is not installed.`,
      `Install restic ${oldestRestic} or newer: "apt install restic" on Debian and Ubuntu, "brew install restic" on macOS.`,
      { cause: result },
    );
  }
  const version = parseResticVersion(result.stdout);
  if (version === null) {
    throw new Problem(
      'restic-broken',
      `${binary} does not answer "version" as restic does: ${(result.stdout || result.stderr || result.shortMessage || '').slice(0, 200)}`,
      `Run "${binary} version" yourself, and install restic again if it fails.`,
      { cause: result },
    );
  }
  if (isAtLeast(version, 14)) return version;
  throw new Problem(
    'restic-too-old',
    `${binary} is restic ${version.text}; berth needs ${oldestRestic} or newer.`,
    'Install a newer one, for example with "restic self-update" or from your distribution\'s backports.',
  );
};
