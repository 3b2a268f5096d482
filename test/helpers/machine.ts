import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { programWords } from './programs.ts';
import type { TestReceiver } from './receiver.ts';

/** One machine as its person knows it: a home, files worth keeping, and the `berth` command. */
export class Machine implements AsyncDisposable {
  readonly directory: string;
  readonly home: string;
  readonly files: string;
  readonly tmpdir: string;
  readonly #path: string;

  private constructor(directory: string, path: string) {
    this.directory = directory;
    this.home = join(directory, "it's a home");
    this.files = join(directory, 'files');
    this.tmpdir = join(directory, 'tmp');
    this.#path = path;
  }

  static async make(restic = '/usr/bin/restic'): Promise<Machine> {
    const directory = await mkdtemp(join(tmpdir(), 'machine-'));
    const machine = new Machine(directory, `${dirname(restic)}:${process.env['PATH'] ?? ''}`);
    await mkdir(machine.tmpdir);
    await writeFiles(machine.files);
    return machine;
  }

  start(...argv: readonly string[]) {
    return this.#run([...programWords('berth'), ...argv]);
  }

  /** As `start`, in a process group of its own: `cut` ends berth, restic and ssh at once, as when the power fails. */
  startWithPower(...argv: readonly string[]) {
    const child = this.#run(['setsid', ...programWords('berth'), ...argv]);
    const cut = async (): Promise<void> => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      await child;
    };
    return { cut };
  }

  #run([file = '', ...words]: readonly string[]) {
    // A place of its own for temporary files, so that what is left there is this machine's.
    const env = { PATH: this.#path, HOME: this.directory, TMPDIR: this.tmpdir };
    return execa(file, [...words, '--home', this.home], {
      reject: false,
      env,
      extendEnv: false,
      stdin: 'ignore',
      timeout: 100_000,
    });
  }

  async berth(...argv: readonly string[]) {
    const { exitCode, stdout, stderr } = await this.start(...argv);
    return { exitCode, stdout, stderr };
  }

  /** Enrols to the end, with the admin pasting what the machine prints. */
  async enrol(receiver: TestReceiver, options: { readonly port?: number } = {}): Promise<void> {
    // Where one UID serves all sources, that account is the one to log in as.
    const login = receiver.login('laptop');
    const server = `${login === 'laptop' ? '' : `${login}@`}127.0.0.1:${options.port ?? receiver.port}`;
    const argv = ['enroll', server, '--name', 'laptop', '--path', this.files, '--host-key', await hostKeyOf(receiver)];
    const running = this.start(...argv, '--timeout', '30s', '--json');
    running.stdout.setEncoding('utf8').on('data', (text: string) => {
      const line = /"event":"paste","line":("(?:[^"\\]|\\.)*")/.exec(text)?.[1];
      if (line !== undefined) void receiver.writeConfig(`sources:\n${z.string().parse(JSON.parse(line))}\n`);
    });
    const { exitCode, stderr } = await running;
    if (exitCode !== 0) throw new Error(`enrolling ended with ${exitCode}: ${stderr}`);
  }

  /** Makes its key, and answers with the line for sources.yaml that it prints. `server` is `host:port`. */
  async knock(server: string, name: string, hostKey: string): Promise<string> {
    const { stdout } = await this.#enrolAs(server, name, hostKey, '--no-wait');
    const line = /"event":"paste","line":("(?:[^"\\]|\\.)*")/.exec(stdout)?.[1];
    return z.string().parse(JSON.parse(line ?? 'null'));
  }

  /** Goes on from there, now that the admin has pasted the line. */
  async enter(server: string, name: string, hostKey: string): Promise<void> {
    const { exitCode, stderr } = await this.#enrolAs(server, name, hostKey);
    if (exitCode !== 0) throw new Error(`enrolling ${name} ended with ${exitCode}: ${stderr}`);
  }

  #enrolAs(server: string, name: string, hostKey: string, ...more: readonly string[]) {
    return this.berth('enroll', server, '--name', name, '--path', this.files, '--host-key', hostKey, '--json', ...more);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true });
  }
}

/** Names and kinds of files that backups get wrong. */
const writeFiles = async (directory: string): Promise<void> => {
  await mkdir(join(directory, 'empty directory'), { recursive: true });
  await mkdir(join(directory, '-dash'), { mode: 0o711 });
  const names = ['plain', 'two words', "it's", 'say "hi"', 'new\nline', 'back\\slash', 'ünï', '[a]*?', '-r'];
  for (const name of names) await writeFile(join(directory, '-dash', name), randomBytes(5_000));
  await writeFile(join(directory, 'empty'), '');
  await writeFile(join(directory, 'big'), randomBytes(3_000_000));
  await chmod(join(directory, 'big'), 0o640);
  await symlink('nowhere', join(directory, 'dangling'));
};

/** The fingerprint that the admin would read out. */
export const hostKeyOf = async (receiver: TestReceiver): Promise<string> => {
  const file = join(receiver.hostKeys, 'ssh_host_ed25519_key.pub');
  return (await execa('ssh-keygen', ['-l', '-f', file])).stdout.split(' ')[1] ?? '';
};

/** What rsync would change to make `other` like `one`: kinds, modes, owners, times, every byte; empty when they are the same. */
export const differences = async (one: string, other: string): Promise<string> =>
  (await execa('rsync', ['-anic', '--delete', `${one}/`, `${other}/`])).stdout;
