import { exitCode, Problem } from '@berth/common/problem.ts';

/** The exit code a `Problem` ends the program with. The codes never change their meaning; see common's problem.ts. */
export const exitCodeOf = (problem: Problem): number => codes[problem.code] ?? exitCode.failed;

const codes: Readonly<Record<string, number>> = {
  usage: exitCode.usage,
  unconfirmed: exitCode.usage,
  'unknown-dump': exitCode.usage,
  'ambiguous-snapshot': exitCode.usage,
  destination: exitCode.usage,
  'invalid-config': exitCode.usage,
  'config-missing': exitCode.usage,
  'config-unreadable': exitCode.usage,
  'config-not-a-file': exitCode.usage,
  unreachable: exitCode.unreachable,
  'server-busy': exitCode.unreachable,
  'connection-cut': exitCode.unreachable,
  'host-key-changed': exitCode.untrusted,
  'host-key-unknown': exitCode.untrusted,
  'host-key-unconfirmed': exitCode.untrusted,
  'key-refused': exitCode.untrusted,
  'key-exposed': exitCode.untrusted,
  locked: exitCode.busy,
  busy: exitCode.busy,
};

/** A problem as people read it: what happened, then what to do, on two lines. */
export const problemText = (problem: Problem): string => `berth: ${problem.message}\n  ${problem.remedy}\n`;

/** A problem as programs read it. */
export const problemJson = (
  problem: Problem,
): { readonly error: { readonly code: string; readonly message: string; readonly remedy: string } } => ({
  error: { code: problem.code, message: problem.message, remedy: problem.remedy },
});

/** A mistake in the command line. */
export const usageProblem = (happened: string, remedy: string): Problem => new Problem('usage', happened, remedy);
