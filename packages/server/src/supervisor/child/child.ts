import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseJson } from '@berth/common/parse-json.ts';
import { Problem } from '@berth/common/problem.ts';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { Word } from '../../events/condition.ts';
import type { Keeper } from '../../events/keeper.ts';
import { keepRunning } from '../../sshd/keep-running.ts';
import { Deaths } from './deaths.ts';
import { linesOf } from './lines.ts';
import { relayLog } from './relay-log.ts';

/** A thousand words of the longest kind fit in. */
const longestLine = 8 * 1024 ** 2;

/** Nothing of the supervisor's own. Libraries that ask for a home would otherwise look for an account, which they may not see. */
export const childEnvironment = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  HOME: '/nonexistent',
} as const;

/** How long things may take, in milliseconds. */
export interface Patience {
  /** Down for so long, it is a condition. */
  readonly downMs: number;
  /** One that has not put in force what it was told by then, or was silent for so long, hangs, and is killed. */
  readonly answerMs: number;
  /** To end by itself once its input ends; half of it again once it is told to. */
  readonly endMs: number;
  /** One that died again and again is well once it has been up for so long. */
  readonly wellMs: number;
  /** So many deaths within ten minutes are a condition. */
  readonly mostDeaths: number;
}

const usualPatience: Patience = {
  ...{ downMs: 60_000, answerMs: 300_000, endMs: 4000 },
  ...{ wellMs: 300_000, mostDeaths: 5 },
};

/** Why it does not do its work. */
export interface WhyDown {
  /** It does not run; or it runs, and dies again and again. */
  readonly how: 'down' | 'dying';
  /** Its last words, without a full stop; empty where there are none. */
  readonly words: string;
  /** What to do, where that is known. */
  readonly remedy: string | null;
}

export interface ChildOptions<Said> {
  /** What it is called in the log: `coordinator`. */
  readonly name: string;
  /** The words that start it, asked for each time. */
  readonly command: () => readonly string[];
  /** Makes what it needs before it starts, each time. Throws a Problem for what the admin has to put right. */
  readonly prepare: () => void;
  /** All that is understood of it. */
  readonly schema: z.ZodType<Said>;
  /** Hears it, one message after the other. `applied`: what it was told is in force. `alive`: it goes on. */
  readonly heed: (said: Said) => 'applied' | 'alive' | Promise<void>;
  /** It reads here from now on what it is to know; null: it is gone. */
  readonly connect: (to: Writable | null) => void;
  /** What is so while it does not do its work, and the end of that. */
  readonly down: { readonly raise: (why: WhyDown) => Word; readonly over: Word };
  readonly keeper: Pick<Keeper, 'say'>;
  /** It does not run, or no longer. */
  readonly onGone?: () => void;
  /** It has put everything in force, for the first time since it runs. */
  readonly onUp: (pid: number | undefined) => void;
  /** It runs with this pid, or no longer. */
  readonly onChange: (pid: number | null) => void;
  readonly log: Logger;
  readonly patience?: Partial<Patience>;
}

/**
 * A program of the server's own that runs as long as the server does: started again with growing pauses whenever it dies,
 * killed when it hangs, a condition when it is down for long or dies again and again. Whatever it says is taken only as its schema has it.
 */
export class Child<Said> {
  readonly #options: ChildOptions<Said>;
  readonly #patience: Patience;
  readonly #stopping = new AbortController();
  readonly #deaths: Deaths;
  #child: ChildProcess | null = null;
  #life: Promise<void> = Promise.resolve();
  #downTimer: NodeJS.Timeout | undefined;
  #answerTimer: NodeJS.Timeout | undefined;
  #wellTimer: NodeJS.Timeout | undefined;
  /** Whether the one that runs has put anything in force. */
  #isUp = false;
  /** Whether it has been down for so long that people know. */
  #isKnownDown = false;
  /** Whether the last one ended because we wanted it to. */
  #isWanted = false;
  #whyDown: Omit<WhyDown, 'how'> = { words: '', remedy: null };

  constructor(options: ChildOptions<Said>) {
    this.#options = options;
    this.#patience = { ...usualPatience, ...options.patience };
    this.#deaths = new Deaths(this.#patience.mostDeaths);
  }

  /** It was told what it has to put in force, so it must answer. */
  expectAnswer(): void {
    const child = this.#child;
    if (child === null) return;
    clearTimeout(this.#answerTimer);
    this.#answerTimer = setTimeout(() => {
      this.#options.log.error(`the ${this.#options.name} does not answer; it is killed and started again`);
      child.kill('SIGKILL');
    }, this.#patience.answerMs);
  }

  /** True once it is to end. */
  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Starts it; does not wait for it. */
  start(): void {
    this.#isGone();
    this.#life = keepRunning({
      ended: this.#run(),
      again: () => this.#run(),
      onDeath: (words, pauseMs) => this.#tellOfDeath(words, pauseMs),
      signal: this.#stopping.signal,
    });
  }

  /** The server is about to stop: whatever ends it from now on, such as a signal to all processes, it is not started again. */
  letEnd(): void {
    this.#stopping.abort();
    clearTimeout(this.#downTimer);
    clearTimeout(this.#wellTimer);
  }

  /** Lets it end by the end of its input; it is started again. */
  restart(): void {
    const child = this.#child;
    if (child === null || this.isStopping) return;
    this.#isWanted = true;
    child.stdin?.end();
    setTimeout(() => child.kill('SIGKILL'), this.#patience.endMs).unref();
  }

  /** Ends it: its input ends, then it is told to, then it is killed. */
  async stop(): Promise<void> {
    this.letEnd();
    clearTimeout(this.#answerTimer);
    const ended = this.#life.then(() => true);
    const { endMs } = this.#patience;
    this.#options.connect(null);
    this.#child?.stdin?.end();
    if (await Promise.race([ended, sleep(endMs, false, { ref: false })])) return;
    this.#child?.kill('SIGTERM');
    if (await Promise.race([ended, sleep(endMs / 2, false, { ref: false })])) return;
    this.#child?.kill('SIGKILL');
    await ended;
  }

  /** One life of it. Resolves with why it ended; never rejects. */
  async #run(): Promise<string> {
    const { command, prepare, log, onChange, name } = this.#options;
    this.#isWanted = false;
    let words: readonly string[];
    try {
      prepare();
      words = command();
    } catch (error) {
      return this.#ended(error instanceof Error ? error.message : String(error), error);
    }
    const [file = '', ...rest] = words;
    const child = spawn(file, rest, {
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: '/',
      env: childEnvironment,
    });
    this.#child = child;
    const ended = new Promise<string>((resolve) => {
      child.on('error', ({ message }) => resolve(message));
      child.on('close', (code, signal) => resolve(signal === null ? `exit code ${code}` : `ended by ${signal}`));
    });
    if (child.pid !== undefined) onChange(child.pid);
    // It may be gone already; its end says so.
    child.stdin.on('error', () => undefined);
    const lastWords = relayLog(child.stderr.setEncoding('utf8'), log, name).catch(() => '');
    const heard = this.#listen(child.stdout.setEncoding('utf8')).catch((error: unknown) => {
      log.error({ err: error }, `the ${name} can be heard no longer; it is started again`);
      child.kill('SIGKILL');
    });
    this.#options.connect(child.stdin);
    this.expectAnswer();
    const how = await ended;
    await heard;
    if (child.pid !== undefined) onChange(null);
    return this.#ended([await lastWords, how].filter((text) => text !== '').join('; '), null);
  }

  #ended(words: string, error: unknown): string {
    if (this.#isUp && !this.#isWanted) this.#deaths.note(performance.now());
    this.#child = null;
    this.#isUp = false;
    this.#options.connect(null);
    clearTimeout(this.#answerTimer);
    clearTimeout(this.#wellTimer);
    this.#whyDown = { words: words.replace(/\.$/, ''), remedy: error instanceof Problem ? error.remedy : null };
    if (!this.isStopping) this.#isGone();
    return words;
  }

  #tellOfDeath(words: string, pauseMs: number): void {
    const { log, name } = this.#options;
    if (this.#isWanted) log.info(`the ${name} is started anew`);
    else log.error({ [name]: words, pauseMs }, `the ${name} died; it is started again`);
  }

  async #listen(chunks: AsyncIterable<string>): Promise<void> {
    const { schema, log, name } = this.#options;
    let isToldOfRubbish = false;
    for await (const line of linesOf(chunks, longestLine)) {
      const read = line === null ? null : schema.safeParse(parseJson(line));
      if (read?.success) await this.#heed(read.data);
      else if (!isToldOfRubbish) {
        isToldOfRubbish = true;
        log.error({ line: line?.slice(0, 500) ?? 'too long' }, `the ${name} says what nobody understands`);
      }
    }
  }

  async #heed(said: Said): Promise<void> {
    const answer = this.#options.heed(said);
    if (answer === 'alive') {
      if (this.#isUp) this.expectAnswer();
    } else if (answer === 'applied') await this.#applied();
    else await answer;
  }

  async #applied(): Promise<void> {
    const { onUp, keeper, down } = this.#options;
    this.expectAnswer();
    clearTimeout(this.#downTimer);
    this.#downTimer = undefined;
    this.#isKnownDown = false;
    if (!this.#isUp) {
      onUp(this.#child?.pid);
      if (this.#deaths.areMany) this.#wellTimer = setTimeout(() => this.#isWell(), this.#patience.wellMs);
    }
    this.#isUp = true;
    // What an earlier server has raised, too.
    await keeper.say([this.#deaths.areMany ? this.#isSo('dying') : down.over]);
  }

  /** It died again and again, and has been up for long. */
  #isWell(): void {
    this.#deaths.forget();
    void this.#options.keeper.say([this.#options.down.over]);
  }

  #isSo(how: WhyDown['how']): Word {
    return this.#options.down.raise({ how, ...this.#whyDown });
  }

  /** It is down: for long, that is a condition; for longer, the newest words about it are. */
  #isGone(): void {
    const { onGone, keeper } = this.#options;
    onGone?.();
    if (this.#isKnownDown) void keeper.say([this.#isSo('down')]);
    else if (this.#deaths.areMany) void keeper.say([this.#isSo('dying')]);
    this.#downTimer ??= setTimeout(() => {
      this.#isKnownDown = true;
      void keeper.say([this.#isSo('down')]);
    }, this.#patience.downMs);
  }
}
