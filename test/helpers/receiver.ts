import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { freePort } from '../../scripts/free-port.ts';
import { asContained, assertConfined, besideContained, isConfined } from './confined.ts';
import { Door, type SshResult } from './door.ts';
import { programWords } from './programs.ts';
import { sourcesText, type TestSources } from './sources-text.ts';

export type { ClientKey, SshResult } from './door.ts';
export type { TestSource, TestSources } from './sources-text.ts';

/** Where the repository is. */
export const repository = resolve(import.meta.dirname, '../..');

export interface ReceiverWishes {
  /** `rootless` runs it as an account made for it in a mount namespace of its own, when the test runs as root. */
  readonly mode?: 'root' | 'rootless';
  /** False leaves it to the test to call `start`. */
  readonly start?: boolean;
  /** A folder with a program `setpriv` that stands in for the machine's own, as in test/helpers/setpriv.ts. */
  readonly setpriv?: string | null;
  /** True for a server whose jobs come every few seconds, where it is not confined: quick-server.ts. */
  readonly quick?: boolean;
}

/** The unprivileged account that `rootless` receivers run as; it exists in their own namespace only. */
export const rootlessAccount = { name: 'berth-test', uid: 61_234 } as const;

/** True when tests can give every source a UID of its own. */
export const isRoot = process.getuid?.() === 0;

/**
 * A real receiver in a temporary directory, on a free port of the loopback: `await using receiver = await
 * withReceiver({})`. Disposing it ends it and removes everything; a test that wants to see how it ends calls `stop`
 * itself.
 */
export const withReceiver = async (wishes: ReceiverWishes = {}): Promise<TestReceiver> => {
  const receiver = new TestReceiver(await mkdtemp(join(tmpdir(), 'berth-')), await freePort(), wishes);
  try {
    await receiver.prepare();
    if (wishes.start !== false) await receiver.start();
  } catch (error) {
    await receiver[Symbol.asyncDispose]();
    throw error;
  }
  return receiver;
};

export class TestReceiver extends Door implements AsyncDisposable {
  readonly configFile: string;
  readonly dataDir: string;
  /** The server's log so far, one JSON object a line. */
  log = '';
  readonly #rootless: boolean;
  readonly #setpriv: string | null;
  readonly #quick: boolean;
  #child: ChildProcess | null = null;

  constructor(directory: string, port: number, { mode, setpriv, quick }: ReceiverWishes) {
    super({ directory, port, hostKeys: join(directory, 'etc', 'host-keys') });
    this.configFile = join(directory, 'etc', 'sources.yaml');
    this.dataDir = join(directory, 'data');
    this.#rootless = mode === 'rootless' || !isRoot;
    this.#setpriv = setpriv ?? null;
    this.#quick = quick ?? false;
  }

  override login(source: string): string {
    if (!this.#rootless) return source;
    return isRoot ? rootlessAccount.name : userInfo().username;
  }

  /** The server's own process. Throws when it does not run. */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('The receiver does not run.');
    return pid;
  }

  async prepare(): Promise<void> {
    await mkdir(join(this.directory, 'etc'));
    await mkdir(this.dataDir);
    await this.writeSources({});
    // As /data of the container: sessions walk there by the same path as the server.
    if (isConfined) await chmod(this.directory, 0o755);
    if (!this.#rootless || !isRoot) return;
    await chmod(this.directory, 0o755);
    for (const path of [this.dataDir, join(this.directory, 'etc')]) {
      await chown(path, rootlessAccount.uid, rootlessAccount.uid);
    }
  }

  /** Replaces sources.yaml in one step. */
  async writeSources(sources: TestSources): Promise<void> {
    await this.writeConfig(sourcesText(sources));
  }

  /** Replaces sources.yaml by any text in one step, as an editor does. */
  async writeConfig(text: string): Promise<void> {
    await writeFile(`${this.configFile}.new`, text);
    await rename(`${this.configFile}.new`, this.configFile);
  }

  /** Adds the lines of one source to those there are. */
  async addSource(lines: string): Promise<void> {
    await this.writeConfig(`${await readFile(this.configFile, 'utf8')}${lines}`);
  }

  /** So far ahead goes the coordinator's clock from the next start on, as if the server had slept; only with `quick`. */
  async sleepAhead(aheadMs: number): Promise<void> {
    await writeFile(join(this.directory, 'etc', 'ahead'), String(aheadMs));
  }

  /** Starts the server and waits until it is ready; throws with its words when it ends instead. */
  async start(): Promise<void> {
    const args = ['run', '--json', '--config', this.configFile, '--data', this.dataDir, '--host-keys', this.hostKeys];
    const [file = '', ...rest] = this.#command([...args, '--port', String(this.port), '--listen', '127.0.0.1']);
    // A test run that is killed takes its receiver with it.
    const leash = ['--pdeathsig', 'TERM', file, ...rest];
    const child = spawn('setpriv', leash, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
    const ready = once(createInterface({ input: child.stdout }), 'line');
    const ended = once(child, 'close').then(() => Promise.reject(new Error(`The receiver ended:\n${this.log}`)));
    await Promise.race([ready, ended]);
    ended.catch(() => undefined);
    if (isConfined && !this.#rootless) await assertConfined(this.pid);
  }

  /** Asks it to end and returns its exit code; throws when it needs more than 20 s. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    if (child === null) return null;
    this.#child = null;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exit = once(child, 'exit');
    child.kill(signal);
    const ended = await Promise.race([exit.then(() => true), sleep(20_000, false, { ref: false })]);
    if (ended) return child.exitCode;
    child.kill('SIGKILL');
    throw new Error(`The receiver did not end within 20 s of ${signal}:\n${this.log}`);
  }

  /** Runs another berth-server command on this receiver's files. */
  async cli(...args: readonly string[]): Promise<SshResult> {
    const [file = '', ...rest] = this.#command(args);
    const { exitCode, stdout, stderr } = await execa(file, rest, { reject: false, cwd: '/' });
    return { exitCode, stdout, stderr };
  }

  /** The words that start berth-server as this receiver's admin, for those who start it themselves. */
  cliCommand(): readonly string[] {
    return this.#command([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stop();
    } finally {
      await rm(this.directory, { recursive: true, force: true });
    }
  }

  #command(args: readonly string[]): readonly string[] {
    const bound = this.#setpriv === null ? '' : `mount --bind '${this.#setpriv}/setpriv' "$(command -v setpriv)"\n`;
    if (this.#rootless && isRoot) {
      return asRootlessAccount([...this.#program(rootlessRepository, args), ...args], bound);
    }
    if (isConfined) {
      const isRunning = this.#child !== null && this.#child.exitCode === null && args[0] !== 'run';
      if (isRunning) return besideContained(this.pid, args);
      return asContained(repository, this.directory, this.#setpriv, args);
    }
    const command = [...this.#program(repository, args), ...args];
    if (bound === '') return command;
    const script = `${bound}exec "$@"`;
    return ['unshare', '--mount', '--propagation', 'private', 'sh', '-euc', script, 'sh', ...command];
  }

  /** What runs these words, in the clone at `root`. */
  #program(root: string, args: readonly string[]): readonly string[] {
    return programWords(this.#quick && args[0] === 'run' ? 'quick-server' : 'berth-server', root);
  }
}

/** Where that account finds the repository. */
export const rootlessRepository = '/run/clone';

/**
 * The command, by which root runs another one as `rootlessAccount`: on a machine with that one account more, whose login shell works, and
 * with the clone where it can be read. It all goes with the namespace. `asRoot` is a line of shell to run in it first.
 */
export const asRootlessAccount = (command: readonly string[], asRoot = ''): readonly string[] => {
  const script = `${rootlessHost}${asRoot}\nexec setpriv --reuid ${uid} --regid ${uid} --clear-groups "$@"`;
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-euc', script, 'sh', ...command];
};

const { name, uid } = rootlessAccount;

const rootlessHost = `
mount -t tmpfs -o mode=0755 test /run
mkdir ${rootlessRepository} /run/upper /run/work
mount --bind '${repository}' ${rootlessRepository}
mount -t overlay -o lowerdir=/etc,upperdir=/run/upper,workdir=/run/work test /etc
echo '${name}:*:${uid}:${uid}::/:/bin/sh' >> /etc/passwd
`;

/** Tries again until it is true; throws when that takes longer. Returns how long it took. */
export const eventually = async (what: string, withinMs: number, test: () => Promise<boolean>): Promise<number> => {
  const started = performance.now();
  for (;;) {
    if (await test()) return performance.now() - started;
    if (performance.now() - started > withinMs) throw new Error(`Not within ${withinMs} ms: ${what}`);
    await sleep(50);
  }
};
