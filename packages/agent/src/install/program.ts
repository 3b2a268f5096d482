import { isAbsolute, posix, win32 } from 'node:path';
import { Problem } from '@berth/common/problem.ts';

/** The operating systems' services that can wake a program. */
export const systems = ['systemd', 'launchd', 'task-scheduler'] as const;
export type System = (typeof systems)[number];

/** Which program the operating system is to call: the very one that runs, with what it needs to find the same home. */
export interface Program {
  /** Absolute: the Node that runs, and what it runs, from a clone or a bundle. */
  readonly node: string;
  readonly script: string;
  /** Absolute, where `--home` was given. */
  readonly home: string | null;
  /** What the wake is to see of this process's environment: where programs are found, and where an unnamed home lies. */
  readonly env: Readonly<Record<string, string>>;
  /** Folders whose restic or ssh the wake does not use, because others may put programs there. */
  readonly leftOut: readonly string[];
}

/** The command line of one wake. node:sqlite's warning would be a line in the journal every 15 minutes. */
export const wakeCommand = ({ node, script, home }: Program): readonly [string, ...string[]] => [
  node,
  '--disable-warning=ExperimentalWarning',
  script,
  ...['run', '--if-due'],
  ...(home === null ? [] : ['--home', home]),
];

/** The folder that PATH has a program in, and whether nobody else may put one there. */
export interface Found {
  readonly folder: string;
  readonly trusted: boolean;
}

/**
 * The program that this process is, by its `execPath` and `argv[1]`. Of its environment goes along: for a person's default home
 * XDG_CONFIG_HOME and XDG_STATE_HOME, and the usual PATH, before it the `found` folders that are trusted (restic and ssh were found there).
 * Throws a Problem 'unusable-path' for paths that no file of the operating system's can carry.
 */
export const programOf = (args: {
  readonly execPath: string;
  readonly script: string;
  readonly home: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly found: readonly Found[];
}): Program => {
  const { execPath: node, script, home, platform } = args;
  for (const path of [node, script, ...(home === null ? [] : [home])]) refuseUnusable(path, platform);
  if (platform === 'win32') return { node, script, home, env: {}, leftOut: [] };
  const unusual = args.found.filter(({ folder }) => !usualPath.includes(folder) && usable(folder));
  const foldersOf = (trusted: boolean): readonly string[] => [
    ...new Set(unusual.filter((found) => found.trusted === trusted).map(({ folder }) => folder)),
  ];
  const places = (home === null ? ['XDG_CONFIG_HOME', 'XDG_STATE_HOME'] : []).flatMap((name) => {
    const value = args.env[name];
    return value !== undefined && isAbsolute(value) && usable(value) ? [[name, value] as const] : [];
  });
  const env = { PATH: [...foldersOf(true), ...usualPath].join(':'), ...Object.fromEntries(places) };
  return { node, script, home, env, leftOut: foldersOf(false) };
};

/** What every Unix has its programs in. */
const usualPath: readonly string[] = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

const usable = (path: string): boolean => !/\p{Cc}/u.test(path);

/** Line breaks fit in no unit file; Task Scheduler replaces %NAME% and $(Name) in what it calls, and knows no way to say them. */
const refuseUnusable = (path: string, platform: NodeJS.Platform): void => {
  const absolute = platform === 'win32' ? win32.isAbsolute(path) : posix.isAbsolute(path);
  const replaced = platform === 'win32' && /%|\$\(|"/.test(path);
  if (absolute && usable(path) && !replaced) return;
  throw new Problem(
    'unusable-path',
    `The operating system cannot be told to call ${JSON.stringify(path)}.`,
    `Move it to a folder without ${platform === 'win32' ? '%, $( and ' : ''}control characters, and run "berth install" again.`,
  );
};
