/**
 * An error a person can act on: a stable `code` for programs, one sentence saying what happened, and what to do next.
 * Anything else that is thrown is a bug and crashes loudly.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: string;
  readonly remedy: string;

  constructor(code: string, happened: string, remedy: string, options?: { readonly cause?: unknown }) {
    super(happened, options);
    this.code = code;
    this.remedy = remedy;
  }
}

/** Told to stop, or out of time. */
export const cancelled = (cause?: unknown): Problem =>
  new Problem('cancelled', 'Stopped.', 'Run the same command to go on.', cause === undefined ? {} : { cause });

/** The exit codes of both programs. They never change their meaning. */
export const exitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** The work was done, but not all of it: some files could not be read, a warning was raised. */
  incomplete: 3,
  /** The server could not be reached, or the connection was cut and the retries ran out. */
  unreachable: 4,
  /** The server's host key is not the pinned one, or the server refused our key. */
  untrusted: 5,
  /** Another run holds the lock. */
  busy: 6,
} as const;
