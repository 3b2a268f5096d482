import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { freePort } from '../../scripts/free-port.ts';
import { Door, type SshResult } from '../helpers/door.ts';
import { repository } from '../helpers/receiver.ts';
import { clientImage, serverImage } from './images.ts';

/** Runs docker; never throws for what it answers. */
export const docker = async (...args: readonly string[]): Promise<SshResult> => {
  const { exitCode, stdout, stderr } = await execa('docker', args, {
    reject: false,
    stdin: 'ignore',
    timeout: 120_000,
  });
  return { exitCode, stdout, stderr };
};

/** Runs docker and throws with its words when it fails. */
export const dockerOrThrow = async (...args: readonly string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await docker(...args);
  if (exitCode !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
  return stdout;
};

/** `berth-server` of this clone. */
export const serverProgram = join(repository, 'packages/server/bin/berth-server');

interface ContainerWishes {
  /** False leaves it to the test to call `up`. */
  readonly start?: boolean;
}

/** A receiver in a container as `berth-server up` makes it, on a private network where it is called `nas`. */
export const withContainer = async (wishes: ContainerWishes = {}): Promise<TestContainer> => {
  const id = randomBytes(4).toString('hex');
  const directory = await mkdtemp(join(tmpdir(), 'berth-container-'));
  const container = new TestContainer(`berth-test-${id}`, directory, await freePort());
  await mkdir(container.configDir);
  await mkdir(container.dataDir);
  await container.writeConfig('sources: {}\n');
  await dockerOrThrow('network', 'create', container.name);
  if (wishes.start === false) return container;
  try {
    const { exitCode, stderr } = await container.up();
    if (exitCode !== 0) throw new Error(stderr);
    await container.join();
    return container;
  } catch (error) {
    await container[Symbol.asyncDispose]();
    throw error;
  }
};

export class TestContainer implements AsyncDisposable {
  readonly name: string;
  readonly port: number;
  readonly configDir: string;
  readonly dataDir: string;
  /** Where clients of this machine knock; those on the private network go to `nas`, port 2222. */
  readonly door: Door;
  readonly #directory: string;
  readonly #clients: string[] = [];

  constructor(name: string, directory: string, port: number) {
    this.name = name;
    this.port = port;
    this.#directory = directory;
    this.configDir = join(directory, 'config');
    this.dataDir = join(directory, 'data');
    this.door = new Door({ directory, port, hostKeys: join(this.configDir, 'host-keys') });
  }

  /** `berth-server up` with what this test has, and more options. */
  up(...more: readonly string[]): Promise<SshResult> {
    return this.cli(...this.upWords(...more));
  }

  /** The words of that command. */
  upWords(...more: readonly string[]): readonly string[] {
    const places = ['--config', join(this.configDir, 'sources.yaml'), '--data', this.dataDir, '--name', this.name];
    const network = ['--port', String(this.port), '--listen', '127.0.0.1'];
    return ['up', ...places, ...network, '--image', serverImage, ...more];
  }

  /** Any `berth-server` command on this machine. */
  async cli(...args: readonly string[]): Promise<SshResult> {
    const { exitCode, stdout, stderr } = await execa(serverProgram, args, {
      reject: false,
      cwd: '/',
      timeout: 110_000,
    });
    return { exitCode, stdout, stderr };
  }

  /** Puts the container that has the name now on the private network. */
  async join(): Promise<void> {
    await dockerOrThrow('network', 'connect', '--alias', 'nas', this.name, this.name);
  }

  /** Runs a program in the server's container; its root unless `user` says otherwise. */
  exec(words: readonly string[], user = '0:0'): Promise<SshResult> {
    return docker('exec', '--user', user, this.name, ...words);
  }

  async id(): Promise<string> {
    return dockerOrThrow('inspect', '--format', '{{.Id}}', this.name);
  }

  async writeConfig(text: string): Promise<void> {
    const file = join(this.configDir, 'sources.yaml');
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  }

  /** The fingerprint the admin would read out. */
  async hostKey(): Promise<string> {
    const file = join(this.configDir, 'host-keys/ssh_host_ed25519_key.pub');
    return (await execa('ssh-keygen', ['-l', '-f', file])).stdout.split(' ')[1] ?? '';
  }

  /** A second container on the private network, with the agent and this release of restic. */
  async client(restic: '0.14' | '0.18' = '0.18'): Promise<Client> {
    const name = `${this.name}-client-${this.#clients.length + 1}`;
    this.#clients.push(name);
    const path = `PATH=/opt/${restic}:/usr/local/bin:/usr/bin:/bin`;
    await dockerOrThrow(
      'run',
      '--detach',
      '--init',
      '--name',
      name,
      '--network',
      this.name,
      '--env',
      path,
      clientImage,
    );
    return new Client(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const own = ['', '-next', '-check'].map((passing) => `${this.name}${passing}`);
    for (const name of [...this.#clients, ...own]) await docker('rm', '--force', '--volumes', name);
    await docker('network', 'rm', this.name);
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** A machine that backs up: it ends with the container it was made for. */
export class Client {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  run(...words: readonly string[]): Promise<SshResult> {
    return docker('exec', this.name, ...words);
  }

  /** A script of the shell; throws when it fails. */
  async script(text: string): Promise<string> {
    return dockerOrThrow('exec', this.name, 'bash', '-euc', text);
  }

  /** Enrols as `source` to the end: the admin, that is this test, pastes the line it prints, with that UID. */
  async enrol(container: TestContainer, source: string, uid: number): Promise<void> {
    const words = ['enroll', 'nas', '--name', source, '--path', '/files', '--host-key', await container.hostKey()];
    const first = await this.run('berth', ...words, '--no-wait');
    const key = (await this.script('cat /etc/berth/id_ed25519.pub')).trim();
    if (!first.stderr.includes(key)) throw new Error(`enrolling: ${first.stdout}${first.stderr}`);
    const before = (await readFile(join(container.configDir, 'sources.yaml'), 'utf8')).replace(
      'sources: {}',
      'sources:',
    );
    await container.writeConfig(`${before}  ${source}: { uid: ${uid}, key: '${key}' }\n`);
    const { exitCode, stderr } = await this.run('berth', ...words, '--timeout', '20s');
    if (exitCode !== 0) throw new Error(`enrolling ended with ${exitCode}: ${stderr}`);
  }
}
