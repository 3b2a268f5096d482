import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import { requirePrograms } from '../../scripts/docker/programs.ts';
import { freePort } from '../../scripts/free-port.ts';
import { eventually, repository, type SshResult } from './receiver.ts';
import { landlockTools } from './setpriv.ts';

/**
 * A host that systemd boots, with the receiver installed as docs/install-on-the-host.md says: this machine's own files
 * under an overlay, in namespaces of its own, on this machine's network. Needs root and no systemd that runs. Rejects
 * with systemd's words when the unit does not come up. `prepare` puts more files where all that this host has of its own is.
 */
export const bootHost = async (
  sources: (port: number) => string,
  prepare: (files: string) => Promise<void> = async () => undefined,
): Promise<BootedHost> => {
  await requirePrograms({ 'systemd-analyze': 'systemd' });
  await execa(process.execPath, [join(repository, 'scripts/build.ts')]);
  const stage = await mkdtemp(join(tmpdir(), 'berth-boot-'));
  const port = await freePort();
  await layOver(join(stage, 'files'), sources(port));
  await prepare(join(stage, 'files'));
  const host = new BootedHost(stage, port);
  try {
    await host.boot();
  } catch (error) {
    await host[Symbol.asyncDispose]();
    throw error;
  }
  return host;
};

/** Where the host has the agent's own file. */
export const agentBundle = '/opt/berth-release/berth.mjs';

/** What this host has and the machine has not: its sources.yaml, the agent's release, and a setpriv that knows Landlock, as Debian 13 does. */
const layOver = async (files: string, sources: string): Promise<void> => {
  await mkdir(join(files, 'etc/berth'), { recursive: true });
  await writeFile(join(files, 'etc/berth/sources.yaml'), sources);
  await mkdir(dirname(join(files, agentBundle)), { recursive: true });
  await cp(join(repository, 'dist/berth.mjs'), join(files, agentBundle));
  await using tools = await landlockTools();
  if (tools.folder === null) return;
  const folder = '/usr/local/lib/setpriv-13';
  await cp(tools.folder, join(files, folder), { recursive: true });
  await mkdir(join(files, 'usr/bin'), { recursive: true });
  const words = `exec ${folder}/loader --library-path ${folder} ${folder}/setpriv.elf "$@"`;
  await writeFile(join(files, 'usr/bin/setpriv'), `#!/bin/sh\n${words}\n`, { mode: 0o755 });
};

export class BootedHost implements AsyncDisposable {
  readonly port: number;
  readonly #stage: string;
  readonly #cgroup: string;
  #child: ChildProcess | null = null;
  #init = 0;
  #words = '';

  constructor(stage: string, port: number) {
    this.#stage = stage;
    this.port = port;
    this.#cgroup = basename(stage);
  }

  async boot(): Promise<void> {
    const namespaces = ['--mount', '--propagation', 'private', '--pid', '--fork', '--ipc', '--uts', '--cgroup'];
    const script = `root=$(mktemp -d); mount -t cgroup2 berth "$root"; mkdir "$root/$1"; echo $$ > "$root/$1/cgroup.procs"
      umount "$root"; rmdir "$root"; shift; exec "$@"`;
    const inner = ['unshare', ...namespaces, '--kill-child=KILL', 'sh', join(import.meta.dirname, 'boot.sh')];
    const words = ['--mount', '--propagation', 'private', 'sh', '-euc', script, 'sh', this.#cgroup];
    // A test run that is killed takes its host with it.
    const leash = ['--pdeathsig', 'KILL', 'unshare', ...words, ...inner, repository, this.#stage];
    const child = spawn('setpriv', leash, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#words += text;
      });
    }
    await eventually('systemd is PID 1', 20_000, async () => {
      if (child.exitCode !== null) throw new Error(`The host did not boot:\n${this.#words}`);
      this.#init = Number((await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).trim());
      // One of the shells on the way there may end between the two looks.
      const name = await readFile(`/proc/${this.#init}/comm`, 'utf8').catch(() => '');
      return this.#init > 0 && name.trim() === 'systemd';
    });
    await eventually('the receiver is ready', 20_000, async () => (await this.log()).includes('\nready: ')).catch(
      async (error: unknown) => {
        const { stdout } = await this.run('systemctl', 'status', '--no-pager', 'berth-server');
        throw new Error(`${String(error)}\n${this.#words}\n${stdout}\n${await this.log()}`);
      },
    );
  }

  /** Runs a program on the host, as its root. */
  async run(...words: readonly string[]): Promise<SshResult> {
    const args = ['--target', String(this.#init), '--mount', '--pid', '--ipc', '--uts', '--cgroup', ...words];
    const { exitCode, stdout, stderr } = await execa('nsenter', args, {
      reject: false,
      stdin: 'ignore',
      timeout: 60_000,
    });
    return { exitCode, stdout, stderr };
  }

  /** Runs a program in the service's own view of the host, with all of root's capabilities. */
  async inService(...words: readonly string[]): Promise<SshResult> {
    return this.run('nsenter', '--target', String(await this.mainPid()), '--mount', '--wd=/', ...words);
  }

  /** The supervisor's process on the host; 0 while the service does not run. */
  async mainPid(): Promise<number> {
    const { stdout } = await this.run('systemctl', 'show', '--property', 'MainPID', '--value', 'berth-server');
    return Number(stdout);
  }

  /** A file of the host, as the test can reach it. */
  path(file: string): string {
    return join('/proc', String(this.#init), 'root', file);
  }

  async log(): Promise<string> {
    return readFile(this.path('server.log'), 'utf8').catch(() => '');
  }

  /** Replaces sources.yaml in one step. */
  async writeSources(text: string): Promise<void> {
    const file = this.path('etc/berth/sources.yaml');
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await this.#removeCgroups();
    await rm(this.#stage, { recursive: true, force: true });
  }

  /** The kernel removes a cgroup only when its last process is gone, which takes a moment after PID 1. */
  async #removeCgroups(): Promise<void> {
    for (const top of ['/sys/fs/cgroup', '/sys/fs/cgroup/unified']) {
      const root = join(top, this.#cgroup);
      await eventually('its cgroups are gone', 5000, async () => {
        const below = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => null);
        if (below === null) return true;
        const folders = below
          .filter((entry) => entry.isDirectory())
          .map(({ parentPath, name }) => join(parentPath, name));
        for (const folder of [...folders.sort((a, b) => b.length - a.length), root])
          await rmdir(folder).catch(() => null);
        return false;
      });
    }
  }
}
