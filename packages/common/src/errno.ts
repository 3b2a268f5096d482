/** True when `error` is the system error `code` (such as `ENOENT`), as Node's fs and net throw them. */
export const isErrno = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
