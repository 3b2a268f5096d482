import { execa } from 'execa';
import { allRights, basicRights, type Jail, jailWords } from './jail.ts';

interface Detection {
  readonly node: string;
  readonly session: string;
  /** The account to try it as; null: our own. */
  readonly uid: number | null;
}

/** A file everybody on any Linux may read, so whoever can not is in a jail. */
const openToAll = '/etc/passwd';

/**
 * Whether sessions can be put under Landlock here, found by doing it: the session program is run in a jail, as the
 * source's UID and without Node's own permission model, and tries to open {@link openToAll}. Only a program that starts
 * and is refused that file proves a jail. Never throws: without one, the UIDs still keep sources apart.
 */
export const detectJail = async (detection: Detection): Promise<Jail> => {
  const libraries = loadedLibraries();
  const reasons: string[] = [];
  for (const rights of [allRights, basicRights]) {
    const jail = { kind: 'landlock', rights, libraries } as const;
    const reason = await whyNotHeld(jail, detection);
    if (reason === null) return jail;
    reasons.push(reason);
  }
  return { kind: 'none', reason: reasons.at(-1) ?? '' };
};

/** A jail in the words of `ready` and `status`. */
export const describeJail = (jail: Jail): string =>
  jail.kind === 'landlock' ? 'landlock' : `none, because ${jail.reason}`;

const whyNotHeld = async (jail: Jail, { node, session, uid }: Detection): Promise<string | null> => {
  const as = uid === null ? [] : [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const walls = jailWords(jail, { node, program: session, readable: [], writable: [] });
  const words = [...as, '--no-new-privs', ...walls, node, '--openssl-config=/dev/null', session, 'try-open', openToAll];
  const { stdout, stderr, exitCode } = await execa('setpriv', words, {
    reject: false,
    timeout: 20_000,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    extendEnv: false,
  });
  if (exitCode === 0 && stdout === 'EACCES') return null;
  if (exitCode === 0) return `the kernel took the rules and did not keep to them (${openToAll}: ${stdout})`;
  return reasonOf(stderr);
};

/** setpriv's complaint in words an admin can act on; its own where it is none of those we know. */
export const reasonOf = (stderr: string): string => {
  if (/unrecognized option '--landlock/.test(stderr)) {
    return "this system's setpriv does not know Landlock; it takes util-linux 2.41 (Debian 13) or newer";
  }
  if (/Function not implemented/.test(stderr)) return 'this kernel has no Landlock';
  if (/Operation not supported/.test(stderr)) {
    return "this kernel's Landlock is not switched on; add landlock to the lsm= of its command line";
  }
  if (/landlock_create_ruleset failed: Invalid argument/.test(stderr)) {
    return "this kernel's Landlock is too old; it takes Linux 5.19 or newer";
  }
  if (/landlock_create_ruleset failed: Operation not permitted/.test(stderr)) {
    return "the container's seccomp profile refuses Landlock";
  }
  return `the session does not start in its jail: ${stderr.trim().split('\n').at(-1) || 'no output'}`;
};

/**
 * The files of the libraries this very Node is made of, by the names its loader knows them by: sessions run the same
 * Node. The kernel's own vdso has no file.
 */
const loadedLibraries = (): readonly string[] => {
  const report: unknown = process.report.getReport();
  const listed = typeof report === 'object' && report !== null && 'sharedObjects' in report ? report.sharedObjects : [];
  if (!Array.isArray(listed)) return [];
  return [...new Set(listed.filter((path): path is string => typeof path === 'string' && path.startsWith('/')))];
};
