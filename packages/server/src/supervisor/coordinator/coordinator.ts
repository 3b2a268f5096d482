import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseJson } from '@berth/common/parse-json.ts';
import { Problem } from '@berth/common/problem.ts';
import type { Logger } from 'pino';
import {
  type FromCoordinator,
  fromCoordinatorSchema,
  type StoredFacts,
  type ToCoordinator,
} from '../../coordinator/link.ts';
import type { Condition } from '../../events/condition.ts';
import type { Keeper } from '../../events/keeper.ts';
import { keepRunning } from '../../sshd/keep-running.ts';
import { isDown, isUpAgain } from './down.ts';
import { believed } from './heard.ts';
import { linesOf } from './lines.ts';
import { Outbox } from './outbox.ts';
import { relayLog } from './relay-log.ts';

type Config = Extract<ToCoordinator, { type: 'config' }>;

/** A thousand words of the longest kind fit in. */
const longestLine = 8 * 1024 ** 2;

/** How long things may take, in milliseconds. */
export interface Patience {
  /** Down for so long, it is a condition. */
  readonly downMs: number;
  /** One that has not put a configuration in force by then, or was silent for so long, hangs, and is killed. */
  readonly answerMs: number;
  /** To end by itself once its input ends; half of it again once it is told to. */
  readonly endMs: number;
}

const usualPatience: Patience = { downMs: 60_000, answerMs: 300_000, endMs: 4000 };

export interface CoordinatorOptions {
  /** The words that start it: command.ts. */
  readonly command: readonly string[];
  /** Makes what it needs before it starts, each time. Throws a Problem for what the admin has to put right. */
  readonly prepare: () => void;
  /** Makes the folders of the sockets that a configuration needs, before the coordinator hears of it. */
  readonly makeFolders: (config: Config) => void;
  readonly keeper: Pick<Keeper, 'say'>;
  /** The conditions that are open. */
  readonly open: () => readonly Condition[];
  /** How many heavy jobs may run; null while nobody says. */
  readonly onPlaces: (free: number | null) => void;
  /** It runs with this pid, or no longer. */
  readonly onChange: (pid: number | null) => void;
  readonly log: Logger;
  readonly patience?: Partial<Patience>;
}

/**
 * The coordinator as a child: told what is in force and what is stored, heard when it says how many places are free and
 * what is wrong, and started again with growing pauses whenever it dies. It reads what sources send, so nothing else is
 * taken from it. While it is down everything but itself goes on.
 */
export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #patience: Patience;
  readonly #outbox = new Outbox();
  readonly #stopping = new AbortController();
  #names: ReadonlySet<string> = new Set();
  #child: ChildProcess | null = null;
  #life: Promise<void> = Promise.resolve();
  #downTimer: NodeJS.Timeout | undefined;
  #answerTimer: NodeJS.Timeout | undefined;
  /** Whether the one that runs has put anything in force. */
  #isUp = false;
  /** Whether it has been down for so long that people know. */
  #isKnownDown = false;
  #whyDown: Parameters<typeof isDown> = ['', null];

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#patience = { ...usualPatience, ...options.patience };
  }

  /** What is in force from now on. Never throws. */
  apply(config: Config): void {
    this.#names = new Set(config.sources.map(({ name }) => name));
    try {
      this.#options.makeFolders(config);
    } catch (error) {
      this.#options.log.error({ err: error }, 'a folder for a control socket could not be made');
    }
    this.#outbox.config(config);
    this.#expectAnswer();
  }

  /** What is stored of a source. */
  stored(source: string, facts: StoredFacts): void {
    this.#outbox.stored(source, facts);
  }

  /** The heavy jobs that run. */
  working(jobs: readonly { readonly source: string; readonly job: string }[]): void {
    this.#outbox.working([...jobs]);
  }

  /** Starts it; does not wait for it. `apply` has been called. */
  start(): void {
    this.#isGone();
    const { log } = this.#options;
    this.#life = keepRunning({
      ended: this.#run(),
      again: () => this.#run(),
      onDeath: (coordinator, pauseMs) =>
        log.error({ coordinator, pauseMs }, 'the coordinator died; it is started again'),
      signal: this.#stopping.signal,
    });
  }

  /** Ends it: its input ends, then it is told to, then it is killed. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#downTimer);
    clearTimeout(this.#answerTimer);
    const ended = this.#life.then(() => true);
    const { endMs } = this.#patience;
    this.#outbox.connect(null);
    this.#child?.stdin?.end();
    if (await Promise.race([ended, sleep(endMs, false, { ref: false })])) return;
    this.#child?.kill('SIGTERM');
    if (await Promise.race([ended, sleep(endMs / 2, false, { ref: false })])) return;
    this.#child?.kill('SIGKILL');
    await ended;
  }

  /** One life of it. Resolves with why it ended; never rejects. */
  async #run(): Promise<string> {
    const { command, prepare, log, onChange } = this.#options;
    try {
      prepare();
    } catch (error) {
      return this.#ended(error instanceof Error ? error.message : String(error), error);
    }
    const [file = '', ...words] = command;
    const child = spawn(file, words, {
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: '/',
      // Nothing of the supervisor's own.
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
    });
    this.#child = child;
    const ended = new Promise<string>((resolve) => {
      child.on('error', ({ message }) => resolve(message));
      child.on('close', (code, signal) => resolve(signal === null ? `exit code ${code}` : `ended by ${signal}`));
    });
    if (child.pid !== undefined) onChange(child.pid);
    // It may be gone already; its end says so.
    child.stdin.on('error', () => undefined);
    const lastWords = relayLog(child.stderr.setEncoding('utf8'), log).catch(() => '');
    const heard = this.#listen(child.stdout.setEncoding('utf8')).catch((error: unknown) => {
      log.error({ err: error }, 'the coordinator can be heard no longer; it is started again');
      child.kill('SIGKILL');
    });
    this.#outbox.connect(child.stdin);
    this.#expectAnswer();
    const how = await ended;
    await heard;
    if (child.pid !== undefined) onChange(null);
    return this.#ended([await lastWords, how].filter((text) => text !== '').join('; '), null);
  }

  #ended(words: string, error: unknown): string {
    this.#child = null;
    this.#isUp = false;
    this.#outbox.connect(null);
    clearTimeout(this.#answerTimer);
    this.#whyDown = [words.replace(/\.$/, ''), error instanceof Problem ? error.remedy : null];
    if (!this.#stopping.signal.aborted) this.#isGone();
    return words;
  }

  async #listen(chunks: AsyncIterable<string>): Promise<void> {
    let isToldOfRubbish = false;
    for await (const line of linesOf(chunks, longestLine)) {
      const read = line === null ? null : fromCoordinatorSchema.safeParse(parseJson(line));
      if (read?.success) await this.#heed(read.data);
      else if (!isToldOfRubbish) {
        isToldOfRubbish = true;
        this.#options.log.error(
          { line: line?.slice(0, 500) ?? 'too long' },
          'the coordinator says what nobody understands',
        );
      }
    }
  }

  async #heed(said: FromCoordinator): Promise<void> {
    const { keeper, open, onPlaces, log } = this.#options;
    switch (said.type) {
      case 'alive':
        if (this.#isUp) this.#expectAnswer();
        return;
      case 'applied':
        this.#expectAnswer();
        clearTimeout(this.#downTimer);
        this.#downTimer = undefined;
        this.#isKnownDown = false;
        if (!this.#isUp)
          log.info({ pid: this.#child?.pid, sources: said.sources }, 'the coordinator hands out the slots');
        this.#isUp = true;
        // What an earlier server has raised, too.
        return keeper.say([isUpAgain]);
      case 'places':
        if (!this.#stopping.signal.aborted) onPlaces(said.free);
        return;
      case 'words': {
        const words = believed(said.words, this.#names, open());
        if (words.length < said.words.length)
          log.warn({ refused: said.words.length - words.length }, 'the coordinator says what is not its business');
        return keeper.say(words);
      }
    }
  }

  /** It is down: for long, that is a condition; for longer, the newest words about it are. */
  #isGone(): void {
    this.#options.onPlaces(null);
    if (this.#isKnownDown) void this.#options.keeper.say([isDown(...this.#whyDown)]);
    this.#downTimer ??= setTimeout(() => {
      this.#isKnownDown = true;
      void this.#options.keeper.say([isDown(...this.#whyDown)]);
    }, this.#patience.downMs);
  }

  /** One that does not put in force what it was told, or no longer says that it goes on, would hang until somebody looks. */
  #expectAnswer(): void {
    const child = this.#child;
    if (child === null) return;
    clearTimeout(this.#answerTimer);
    this.#answerTimer = setTimeout(() => {
      this.#options.log.error('the coordinator does not answer; it is killed and started again');
      child.kill('SIGKILL');
    }, this.#patience.answerMs);
  }
}
