import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** What of a process everybody may read; the rest only its owner and root, and then it is empty. */
export interface Process {
  readonly pid: number;
  readonly name: string;
  readonly commandLine: readonly string[];
  /** The whole id of the container it runs in, null for one of this machine (or of the very container that this program runs in). */
  readonly container: string | null;
}

/** What is read at most: a machine full of processes must not keep a person waiting. */
export const bounds = { processes: 4_000, descriptors: 2_000, files: 200 } as const;

/** The processes there are, see proc(5). Those that end meanwhile, and on systems without /proc all, are left out. */
export const processes = async (proc: string): Promise<readonly Process[]> => {
  const names = await readdir(proc).catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).slice(0, bounds.processes);
  const own = containerOf(await textOf(join(proc, 'self/cgroup')));
  const found: Process[] = [];
  for (const pid of pids) {
    const [name, commandLine, cgroup] = await Promise.all(
      ['comm', 'cmdline', 'cgroup'].map((file) => textOf(join(proc, pid, file))),
    );
    if (name === undefined || name === '' || commandLine === undefined) continue;
    const container = containerOf(cgroup ?? '');
    found.push({
      pid: Number(pid),
      name: name.trimEnd(),
      commandLine: commandLine.slice(0, 20_000).split('\0'),
      container: container === own ? null : container,
    });
  }
  return found;
};

/** `/docker/<id>`, `/system.slice/docker-<id>.scope`, `…/libpod-<id>.scope`, `/kubepods/…/<id>`. */
const containerOf = (cgroup: string): string | null =>
  /[/-]([0-9a-f]{64})(?:\.scope)?(?:\/|$)/m.exec(cgroup)?.[1] ?? null;

/** Where the open files of a process point to, with their numbers; none where we may not look. */
export const openFiles = async (
  proc: string,
  pid: number,
): Promise<readonly { readonly descriptor: string; readonly target: string }[]> => {
  const folder = join(proc, String(pid), 'fd');
  const descriptors = (await readdir(folder).catch(() => [])).slice(0, bounds.descriptors);
  const targets = await Promise.all(
    descriptors.map(async (descriptor) => ({
      descriptor: join(folder, descriptor),
      target: await readlink(join(folder, descriptor)).catch(() => ''),
    })),
  );
  return targets.filter(({ target }) => target !== '');
};

/** The ports somebody listens at, by the inode of the socket: lines of /proc/net/tcp and tcp6 in state 0A. */
export const listeningPorts = async (proc: string): Promise<ReadonlyMap<string, number>> => {
  const tables = await Promise.all(['net/tcp', 'net/tcp6'].map((file) => textOf(join(proc, file))));
  const rows = tables.flatMap((table) => table.split('\n').slice(1, 20_000)).map((line) => line.trim().split(/\s+/));
  return new Map(
    rows.flatMap(([, local = '', , state, , , , , , inode = '']) =>
      state === '0A' ? [[inode, Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16)] as const] : [],
    ),
  );
};

/** The paths of unix sockets somebody listens at: lines of /proc/net/unix with the flag for it (0x10000). */
export const listeningSockets = async (proc: string): Promise<readonly string[]> => {
  const rows = (await textOf(join(proc, 'net/unix'))).split('\n').slice(1, 20_000);
  return rows.flatMap((line) => /^\S+: \S+ \S+ 00010000 \S+ \S+ +\d+ (\/.+)$/.exec(line)?.[1] ?? []);
};

const textOf = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
