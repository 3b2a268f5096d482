/** Environment variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment restic gets: a short list, copied by name. Whatever else the person's shell holds (RESTIC_PASSWORD,
 * RESTIC_REPOSITORY, AWS keys, RCLONE_*, GODEBUG) neither redirects a backup nor reaches a child of ours.
 * LC_ALL is C.UTF-8, so that the words we look for in system errors are the ones we know.
 */
export const childEnvironment = (env: Environment): Record<string, string> => {
  const child: Record<string, string> = { LC_ALL: 'C.UTF-8' };
  for (const name of passed) {
    const value = env[name];
    if (value !== undefined) child[name] = value;
  }
  return child;
};

/** SystemRoot and its kin: without them Windows programs can't open sockets or find their profile. */
const passed: readonly string[] = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TZ',
  'XDG_CACHE_HOME',
  'XDG_RUNTIME_DIR',
  'SystemRoot',
  'USERPROFILE',
  'LOCALAPPDATA',
  'TEMP',
  'TMP',
];
