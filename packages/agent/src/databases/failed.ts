import { Problem } from '@berth/common/problem.ts';

/** A dump that was not whole, whoever noticed. `words` are the tool's or the server's own. */
export const dumpFailed = (happened: string, words: readonly string[] | Error = []): Problem =>
  new Problem('dump-failed', happened, 'Look at what it says, mend that, and run the backup again.', causeOf(words));

/** A dump whose bytes are not what they should be. */
export const dumpUnverified = (happened: string, cause?: unknown): Problem =>
  new Problem('dump-unverified', happened, 'Run the backup again; the dump before it still stands.', { cause });

/** A restore that broke off. */
export const restoreFailed = (happened: string, words: readonly string[] | Error = []): Problem =>
  new Problem(
    'restore-failed',
    happened,
    'Look at what it says. The dump is unharmed; --to-file writes it to a file.',
    causeOf(words),
  );

/** A restore that would do harm, or that this engine has no way for. */
export const restoreRefused = (happened: string, remedy: string): Problem =>
  new Problem('restore-refused', happened, remedy);

/** Told to stop, or out of time. */
export const causeOf = (words: readonly string[] | Error): { readonly cause?: unknown } =>
  words instanceof Error ? { cause: words } : words.length === 0 ? {} : { cause: new Error(words.join('\n')) };
