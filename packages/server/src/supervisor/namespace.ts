import { closeSync, mkdirSync, openSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';
import { execa } from 'execa';
import type { AccountFiles } from '../accounts/passwd.ts';
import type { Program } from './program.ts';

/** Where the receiver's own things are in its mount namespace. */
export const privateRuntimeDir = '/run/berth';

/**
 * The data, Node, and the programs that do not run as root by the paths that their users reach; the same for everyone who
 * enters the namespace.
 */
export const privatePaths = (program: Program, place: string = privateRuntimeDir) => {
  const inside = (path: string): string => join(place, 'program', path.slice(program.root.length));
  const { session, job, coordinator, monitor, ingest, watcher, dial } = program;
  return {
    data: join(place, 'data'),
    node: join(place, 'node'),
    session: inside(session),
    job: inside(job),
    coordinator: inside(coordinator),
    monitor: inside(monitor),
    ingest: inside(ingest),
    watcher: inside(watcher),
    dial: inside(dial),
  };
};

interface Wishes {
  readonly dataDir: string;
  readonly program: Program;
  /** Folders the server goes on reading as they are on the host: those of sources.yaml and of the host keys. */
  readonly liveFolders: readonly string[];
}

/**
 * Builds the receiver's own view of the machine. Call it only in a mount namespace of our own (enter.ts): all of it
 * vanishes with the last process in it, and the host never sees any of it. Returns the host's own account files.
 * - /run is a new tmpfs: sshd's own folder, keys, sockets.
 * - /etc is an overlay, so that /etc/passwd can be replaced in one step. An overlay does not follow later changes
 *   below it, so the folders the admin edits are bound back over it.
 * - Where /etc/resolv.conf leads into the host's /run, as systemd-resolved has it, that one folder is shown in ours: the monitor
 *   finds hosts by their names.
 * - The data and the program are bound to fixed paths: a clone under a 0700 home works, and a session needs no right
 *   on anything above.
 */
export const buildPrivateMounts = async ({ dataDir, program, liveFolders }: Wishes): Promise<AccountFiles> => {
  const base = { passwd: readFileSync('/etc/passwd', 'utf8'), group: readFileSync('/etc/group', 'utf8') };
  const live = [...new Set(liveFolders.map((folder) => realpathSync(folder)))];
  refuseHidden([dataDir, program.root, program.node, ...live]);
  using resolver = openResolver();
  await mount('-t', 'tmpfs', '-o', 'mode=0755,nosuid,nodev', 'berth', '/run');
  if (resolver !== null) await resolver.showIn(resolver.folder);
  for (const folder of [
    'sshd',
    'berth',
    'berth/keys',
    'berth/control',
    'berth/etc-upper',
    'berth/etc-work',
    'berth/live',
  ]) {
    mkdirSync(join('/run', folder), { mode: 0o755 });
  }
  const paths = privatePaths(program);
  await bind(dataDir, paths.data, 'rw,nosuid,nodev', 'rbind');
  await bind(program.node, paths.node, 'ro,nosuid,nodev');
  const root = join(privateRuntimeDir, 'program');
  mkdirSync(root, { mode: 0o755 });
  for (const folder of program.folders) await bind(join(program.root, folder), join(root, folder), 'ro,nosuid,nodev');

  const inEtc = live.filter((folder) => folder.startsWith('/etc/'));
  const aside = await Promise.all(
    inEtc.map((folder, index) => bind(folder, join(privateRuntimeDir, 'live', String(index)), 'rw', 'rbind')),
  );
  const upper = join(privateRuntimeDir, 'etc-upper');
  const work = join(privateRuntimeDir, 'etc-work');
  await mount('-t', 'overlay', '-o', `lowerdir=/etc,upperdir=${upper},workdir=${work}`, 'berth', '/etc');
  for (const [index, folder] of inEtc.entries()) await mount('--rbind', aside[index] ?? folder, folder);
  return base;
};

/**
 * `rbind` where a disk of its own may be mounted somewhere below: without it, sessions would write beneath that disk.
 */
const bind = async (from: string, to: string, options: string, kind: 'bind' | 'rbind' = 'bind'): Promise<string> => {
  if (statSync(from).isDirectory()) mkdirSync(to, { recursive: true, mode: 0o755 });
  else writeFileSync(to, '', { mode: 0o644 });
  await mount('-o', `${kind},${options}`, from, to);
  return to;
};

/** The folder in the host's /run that /etc/resolv.conf leads to, held open; null where it lies elsewhere. */
const openResolver = ():
  | ({ readonly folder: string; readonly showIn: (place: string) => Promise<void> } & Disposable)
  | null => {
  try {
    const folder = dirname(realpathSync('/etc/resolv.conf'));
    if (!folder.startsWith('/run/')) return null;
    const file = openSync(folder, 'r');
    return {
      folder,
      showIn: async (place) => {
        mkdirSync(place, { recursive: true, mode: 0o755 });
        // By its name it is hidden by now, and mount(8) would look it up by that.
        await mount('--no-canonicalize', '-o', 'bind,ro,nosuid,nodev', `/proc/${process.pid}/fd/${file}`, place);
      },
      [Symbol.dispose]: () => closeSync(file),
    };
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES')) return null;
    throw error;
  }
};

const mount = async (...args: readonly string[]): Promise<void> => {
  const { failed, stderr, cause } = await execa('mount', args, { reject: false, timeout: 10_000 });
  if (!failed) return;
  throw new Problem(
    'mount-failed',
    `The receiver's private file system could not be built: ${stderr.trim() || `mount ${args.join(' ')}`}.`,
    'Run it in the berth image, or as an ordinary user (rootless mode).',
    { cause },
  );
};

/** What lies in the host's /run disappears behind ours; /etc itself can not be both live and ours. */
const refuseHidden = (paths: readonly string[]): void => {
  const hidden = paths.find((path) => path === '/etc' || path === '/run' || path.startsWith('/run/'));
  if (hidden === undefined) return;
  throw new Problem(
    'path-hidden',
    `${hidden} can not be used: the receiver replaces /run, and /etc itself, by its own.`,
    `Use a folder of its own for it, such as /etc/berth.`,
  );
};
