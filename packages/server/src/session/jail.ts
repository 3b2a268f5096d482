import { dirname, join } from 'node:path';
import { sourceFolders } from '../store/layout.ts';

/**
 * How far the kernel holds a session: with Landlock, the rights it is asked to watch over and the libraries Node stands
 * on; or not at all, and why. Found once, at start: jail-detect.ts.
 */
export type Jail =
  | { readonly kind: 'landlock'; readonly rights: readonly string[]; readonly libraries: readonly string[] }
  | { readonly kind: 'none'; readonly reason: string };

/** What a jailed program may reach: Node, its own code, and these folders. */
export interface Cell {
  readonly node: string;
  /** The program Node runs: `session/main.ts` of a clone, or the bundled file. */
  readonly program: string;
  /** Folders whose files it may read. */
  readonly readable: readonly string[];
  /** Folders in which it may do everything but run a program or make anything else than files and folders. */
  readonly writable: readonly string[];
  /** Those of the writable folders in which it may make symbolic links as well. */
  readonly links?: readonly string[];
  /** Folders in whose folders it may make sockets and remove them, and nothing else. */
  readonly sockets?: readonly string[];
  /** Single files it may read. */
  readonly files?: readonly string[];
  /** Programs it may start, which are then in this cell themselves; their libraries are for `system` (libraries-of.ts). */
  readonly programs?: readonly string[];
  /** What the C library reads for it, and it does not read itself; all of it is there. */
  readonly system?: { readonly files: readonly string[]; readonly folders: readonly string[] };
}

/** What Linux 5.19 (Landlock's second version, the first that lets a session link from folder to folder) watches. */
export const basicRights = [
  'execute',
  'write-file',
  'read-file',
  'read-dir',
  'remove-dir',
  'remove-file',
  'make-char',
  'make-dir',
  'make-reg',
  'make-sock',
  'make-fifo',
  'make-block',
  'make-sym',
  'refer',
] as const;

/** The same and, from Linux 6.2 on, truncate(2); before, an existing file can be cut short wherever UIDs allow it. */
export const allRights = [...basicRights, 'truncate'] as const;

/** What a session does in its source's own folders. */
const ownFolderRights: ReadonlySet<string> = new Set([
  'read-file',
  'write-file',
  'read-dir',
  'remove-file',
  'remove-dir',
  'make-reg',
  'make-dir',
  'refer',
  'truncate',
]);

/** What the coordinator does in the folders of its sockets. */
const socketRights: ReadonlySet<string> = new Set(['read-dir', 'make-sock', 'remove-file']);

/**
 * setpriv's words (util-linux 2.41) that put what follows under Landlock; none where there is no Landlock. The names of
 * the rights are spelled out, because `--landlock-access fs` means another set in every release of util-linux.
 */
export const jailWords = (jail: Jail, cell: Cell): readonly string[] => {
  const { node, program, readable, writable, links = [], sockets = [], files = [], programs = [] } = cell;
  const { system = { files: [], folders: [] } } = cell;
  if (jail.kind === 'none') return [];
  const { rights, libraries } = jail;
  const rule = (allowed: readonly string[], path: string): readonly string[] => [
    '--landlock-rule',
    `path-beneath:${allowed.join(',')}:${path}`,
  ];
  const own = rights.filter((right) => ownFolderRights.has(right));
  return [
    '--landlock-access',
    `fs:${rights.join(',')}`,
    // The loader runs Node and is itself run; the other libraries are only read, which maps them as well.
    ...libraries.flatMap((path) => rule(isLoader(path) ? ['execute', 'read-file'] : ['read-file'], path)),
    ...rule(['execute', 'read-file'], node),
    ...rule(['read-file', 'read-dir'], codeFolder(program)),
    // A child that is to read or say nothing has it for its standard streams, opened to be read and written.
    ...rule(programs.length === 0 ? ['read-file'] : ['read-file', 'write-file'], noOpenSslConfig),
    ...programs.flatMap((path) => rule(['execute', 'read-file'], path)),
    ...[...readable, ...system.folders].flatMap((path) => rule(['read-file', 'read-dir'], path)),
    ...[...files, ...system.files].flatMap((path) => rule(['read-file'], path)),
    ...writable.flatMap((path) => rule(own, path)),
    ...links.flatMap((path) => rule(['make-sym'], path)),
    ...sockets.flatMap((path) => rule([...socketRights], path)),
  ];
};

/**
 * Node's own flags for the same: its permission model, and no reading of the system's openssl.cnf. Whoever may start programs hands the
 * flags on to those that are Node's (by NODE_OPTIONS); for all others only the kernel's walls hold.
 */
export const nodeWords = (cell: Omit<Cell, 'node'>): readonly string[] => {
  const { program, readable, writable, sockets = [], files = [], programs = [] } = cell;
  return [
    `--openssl-config=${noOpenSslConfig}`,
    '--permission',
    `--allow-fs-read=${codeFolder(program)}/`,
    ...[...readable, ...files].map((path) => `--allow-fs-read=${path}`),
    ...[...writable, ...sockets].flatMap((folder) => [`--allow-fs-read=${folder}`, `--allow-fs-write=${folder}`]),
    ...(programs.length === 0 ? [] : ['--allow-child-process']),
  ];
};

/** What a session of the source in `directory` may write. */
export const sessionFolders = (directory: string): readonly string[] =>
  sourceFolders.map((folder) => join(directory, folder));

/** Node stops at an openssl.cnf that it may not read; a session has no use for one. */
const noOpenSslConfig = '/dev/null';

const isLoader = (library: string): boolean => /\/ld[-.][^/]*$/.test(library);

/** A clone's program reads its modules from all over the clone; a bundle is one file. */
const codeFolder = (program: string): string =>
  /^(.+)\/packages\/[^/]+\/src\/.+\.ts$/.exec(program)?.[1] ?? dirname(program);
