import { Problem } from '@berth/common/problem.ts';
import { execa } from 'execa';

interface SelfCheck {
  readonly node: string;
  readonly session: string;
  /** The account to try it as; null: our own. */
  readonly uid: number | null;
}

/**
 * Proves that a login would reach the session program: runs it as that UID with `--version`. A clone in a folder
 * nobody else may enter would otherwise show only when the first backup fails.
 */
export const selfCheck = async ({ node, session, uid }: SelfCheck): Promise<void> => {
  const as = uid === null ? [] : [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const { failed, stderr, cause } = await execa('setpriv', [...as, '--no-new-privs', node, session, '--version'], {
    reject: false,
    timeout: 20_000,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    extendEnv: false,
  });
  if (!failed) return;
  const words = stderr.trim().split('\n').at(-1) ?? '';
  throw new Problem(
    'session-broken',
    `The session program does not run as ${uid === null ? 'this user' : `UID ${uid}`}: ${words || 'no output'}.`,
    `Check that everyone may read ${session} and run ${node}.`,
    { cause },
  );
};
