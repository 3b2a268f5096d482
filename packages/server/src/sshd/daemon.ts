import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@berth/common/problem.ts';
import { execa } from 'execa';
import type { Logger } from 'pino';
import { keepRunning } from './keep-running.ts';
import { parseSshdLine, type SshdEvent } from './log-line.ts';
import { stateOf } from './processes.ts';

/** sshd runs itself again for every connection and insists on being called by its full path. */
export const sshdPath = '/usr/sbin/sshd';

const listenDeadlineMs = 10_000;

/** Throws `sshd-config` with sshd's own words when it would not start with this file. */
export const checkConfig = async (configFile: string): Promise<void> => {
  const { failed, stderr, cause } = await execa(sshdPath, ['-t', '-f', configFile], { reject: false, timeout: 10_000 });
  if (!failed) return;
  throw new Problem(
    'sshd-config',
    `sshd refuses its configuration: ${lastLine(stderr) || 'it could not be started'}.`,
    `Install openssh-server 8.9 or newer; if it is installed, report this together with ${configFile}.`,
    { cause },
  );
};

/** Those of these settings that this sshd knows, found by asking it. */
export const knownSettings = async (settings: readonly string[], hostKey: string): Promise<readonly string[]> => {
  const known = await Promise.all(
    settings.map(async (setting) => {
      const args = ['-t', '-f', '/dev/null', '-h', hostKey, '-o', setting];
      return !(await execa(sshdPath, args, { reject: false, timeout: 10_000 })).failed;
    }),
  );
  return settings.filter((_, index) => known[index]);
};

/**
 * Our sshd as a child: started, its log turned into ours, and started again with growing pauses whenever it dies
 * before {@link stop}. It dies with the supervisor, however that ends. Live connections are processes of their own
 * and outlive it: see connections.ts.
 */
export class SshdDaemon {
  readonly #configFile: string;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  readonly #onChange: (pid: number | null) => void;
  readonly #onLogin: (account: string) => void;
  #child: ChildProcess | null = null;
  #life: Promise<void> = Promise.resolve();

  constructor(
    configFile: string,
    log: Logger,
    onChange: (pid: number | null) => void = () => undefined,
    onLogin: (account: string) => void = () => undefined,
  ) {
    this.#configFile = configFile;
    this.#log = log;
    this.#onChange = onChange;
    this.#onLogin = onLogin;
  }

  /** The listener; null while it is down. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Resolves once sshd listens. Throws `sshd-not-listening` with its own words when it does not within 10 s. */
  async start(): Promise<void> {
    const firstChild = this.#spawn();
    await firstChild.listening;
    this.#life = this.#keepAlive(firstChild.ended);
  }

  /**
   * Stops accepting and ends the listener. `beforeEnd` is called with its pid while it is stopped but still there, so
   * that its connections can be found: nothing new can come in at that moment.
   */
  async stop(beforeEnd: (pid: number) => void): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGSTOP');
      for (let tries = 0; tries < 100 && stateOf(child.pid) !== 'T'; tries += 1) await sleep(5);
      beforeEnd(child.pid);
      // It has nothing to tidy up: no pid file, and its connections are not its business any more.
      child.kill('SIGKILL');
      await exited;
    }
    await this.#life;
  }

  #spawn(): { readonly listening: Promise<void>; readonly ended: Promise<string> } {
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', sshdPath, '-D', '-e', '-f', this.#configFile], {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: '/',
      // Sessions inherit this environment, so it holds nothing of the supervisor's.
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
    });
    this.#child = child;
    this.#onChange(this.pid);
    let lastWords = '';
    const listens = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<string>();
    createInterface({ input: child.stderr }).on('line', (line) => {
      const { event, ...fields } = parseSshdLine(line);
      if ('account' in fields && event === 'accepted') this.#onLogin(fields.account);
      if (event === 'listening') listens.resolve();
      else if (event === 'other') lastWords = line;
      this.#log[levelOf(event, line)]({ event, ...fields }, `sshd: ${event}`);
    });
    child.on('error', (cause) => ended.resolve(cause.message));
    // Not `close`: connections hold the same stderr and may live on for hours. Its last words get a moment to arrive.
    child.on('exit', (code, signal) => {
      setTimeout(() => ended.resolve(lastWords || `exit code ${code}, signal ${signal}`), 50);
    });
    const timer = setTimeout(() => listens.reject(notListening('it said nothing for 10 s')), listenDeadlineMs);
    void ended.promise.then((words) => {
      listens.reject(notListening(words));
      if (this.#child === child) {
        this.#child = null;
        this.#onChange(null);
      }
    });
    const listening = listens.promise.finally(() => clearTimeout(timer));
    return { listening, ended: ended.promise };
  }

  #keepAlive(ended: Promise<string>): Promise<void> {
    return keepRunning({
      ended,
      again: () => {
        const next = this.#spawn();
        next.listening.catch((error: unknown) => this.#log.error({ error: String(error) }, 'sshd does not listen'));
        return next.ended;
      },
      onDeath: (sshd, pauseMs) => this.#log.error({ sshd, pauseMs }, 'sshd died; it is started again after a pause'),
      signal: this.#stopping.signal,
    });
  }
}

/** What an admin wants to see; the rest of what sshd says at VERBOSE is for whoever asks for debug. */
const levelOf = (event: SshdEvent['event'], line: string): 'warn' | 'info' | 'debug' => {
  if (event !== 'other') return 'info';
  return /^(?:error|fatal):/.test(line) ? 'warn' : 'debug';
};

const notListening = (words: string): Problem =>
  new Problem(
    'sshd-not-listening',
    `sshd does not listen: ${words}.`,
    'If the port is taken, choose another with --port; if it is below 1024, run as root.',
  );

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
