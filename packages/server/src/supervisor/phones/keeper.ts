import type { Logger } from 'pino';
import type { Clock } from '../../coordinator/clock.ts';
import { type Condition, phoneCodes, type Word } from '../../events/condition.ts';
import { phoneWords } from '../../ingest/conditions.ts';
import type { PhoneFacts } from '../../ingest/facts.ts';
import type { KeptFacts } from '../../ingest/facts-file.ts';
import type { ServerConfig } from '../../sources/source.ts';
import { backupIsStuck, wordsOf } from './backup-stuck.ts';
import { PhoneCare, type Starts } from './care.ts';
import type { PhonePace } from './pace.ts';
import { isPhone, type Phone } from './places.ts';
import { aboutOf, newFacts } from './record.ts';
import { Watching, type WatchingOptions } from './watching.ts';

/** What is known is written down and judged soon after it changed, and judged again after so long: time alone makes things so. */
const [soonMs, againMs] = [1000, 60_000];

export interface PhoneKeeperOptions extends WatchingOptions {
  /** Opens what the phone's processes need, its folders and its store's door; throws where that can not be. What it returns closes it. */
  readonly open: (phone: Phone) => Promise<AsyncDisposable>;
  /** Closes what was left of phones that are none any more. Never throws. */
  readonly tidy: (phones: readonly Phone[]) => void;
  readonly starts: (phone: Phone, settings: ServerConfig['settings']) => Starts;
  /** The conditions that are open. */
  readonly conditions: () => readonly Condition[];
  /** What was known when the last server ended; where it is written down; and who else is told. */
  readonly before: readonly KeptFacts[];
  readonly write: (phones: readonly KeptFacts[]) => void;
  readonly onFacts: (facts: readonly PhoneFacts[]) => void;
  readonly pace: PhonePace;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** One phone in force. */
interface Kept {
  readonly phone: Phone;
  /** All of it that what runs for it goes by. */
  readonly by: string;
  readonly about: string;
  facts: PhoneFacts;
  care: PhoneCare | null;
  readonly stopping: AbortController;
  /** It has ended: nothing runs for it, its door is closed. */
  ended: Promise<void>;
}

/**
 * Looks after the phones of sources.yaml for as long as the server runs: what is started for each (care.ts), who watches their Syncthing, what is known
 * of them and what is so. Nothing that goes wrong here ends the server: it becomes a condition, and is tried again.
 */
export class PhoneKeeper {
  readonly #options: PhoneKeeperOptions;
  readonly #kept = new Map<string, Kept>();
  /** What still has to end. */
  readonly #ending = new Map<Kept, Promise<void>>();
  #before: ReadonlyMap<string, KeptFacts>;
  readonly #watching: Watching;
  readonly #started = Promise.withResolvers<void>();
  #isStarted = false;
  #isStopping = false;
  #soon: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;

  constructor(options: PhoneKeeperOptions) {
    this.#options = options;
    this.#before = new Map(options.before.map((kept) => [kept.facts.name, kept]));
    this.#watching = new Watching(options, {
      onState: (name, state) => this.#kept.get(name)?.care?.heard(state),
      onChanged: (name) => this.#kept.get(name)?.care?.touched(),
      onGone: () => {
        for (const { care } of this.#kept.values()) care?.heard(null);
      },
    });
  }

  /** What is in force from now on. What runs for a phone that is gone, or is another one, is ended. Never throws. */
  watch({ sources, settings }: ServerConfig): void {
    const phones = sources.filter(isPhone);
    const wanted = new Map<string, Phone>(phones.map((phone) => [phone.name, phone]));
    for (const [name, kept] of this.#kept) {
      const phone = wanted.get(name);
      if (phone !== undefined && byOf(phone, settings) === kept.by) continue;
      this.#kept.delete(name);
      this.#end(kept);
      const { facts, about } = kept;
      this.#before = new Map([...this.#before, [name, { facts, about }]]);
    }
    for (const phone of phones) if (!this.#kept.has(phone.name)) this.#begin(phone, settings);
    this.#options.tidy(phones);
    this.#forgetOthers();
    this.#watching.watch(phones);
    this.#tellSoon();
  }

  /** Begins. `watch` has been called. */
  start(): void {
    this.#isStarted = true;
    this.#started.resolve();
    this.#watching.start();
    this.#again = setInterval(() => this.#lookAgain(), againMs);
    this.#tellSoon();
  }

  /** What is known of each phone. */
  facts(): readonly PhoneFacts[] {
    return [...this.#kept.values()].map(({ facts }) => facts);
  }

  /** The server is about to stop: a watcher that ends from now on is not started again. */
  letEnd(): void {
    this.#watching.letEnd();
  }

  /** Ends everything that runs for phones: what is told to has ten seconds. What does not end at all is left behind. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#started.resolve();
    clearInterval(this.#again);
    for (const kept of this.#kept.values()) this.#end(kept);
    const ended = Promise.all([...this.#ending.values(), this.#watching.stop()]).then(() => true);
    if (!(await Promise.race([ended, sleep(this.#options.pace.endMs)])))
      this.#options.log.error('something of a phone does not end; the server ends without it');
    clearTimeout(this.#soon);
    this.#tell();
  }

  #begin(phone: Phone, settings: ServerConfig['settings']): void {
    const { clock, pace, random, starts, keeper, log } = this.#options;
    const about = aboutOf(phone);
    const before = this.#before.get(phone.name);
    const known = before?.about === about ? { ...before.facts, syncthing: null } : newFacts(phone, clock.wallMs());
    const stopping = new AbortController();
    const kept: Kept = {
      ...{ phone, about, by: byOf(phone, settings), facts: known, care: null, stopping, ended: Promise.resolve() },
    };
    this.#kept.set(phone.name, kept);
    const own = log.child({ source: phone.name });
    // One that was renamed has the same UID, and so the same door.
    const inItsWay = [...this.#ending]
      .filter(([{ phone: other }]) => other.name === phone.name || other.uid === phone.uid)
      .map(([, ended]) => ended);
    const live = async (): Promise<void> => {
      await Promise.all([...inItsWay, this.#started.promise]);
      if (stopping.signal.aborted) return;
      await using _door = await this.#open(kept);
      if (stopping.signal.aborted) return;
      const care = new PhoneCare({
        ...{ phone, pace, clock, random, facts: kept.facts, starts: starts(phone, settings), log: own },
        onFacts: (facts) => {
          kept.facts = facts;
          this.#tellSoon();
        },
        say: (words) => void keeper.say(words),
      });
      kept.care = care;
      care.start();
      await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve));
      await care.stop();
    };
    kept.ended = live().catch((error: unknown) => own.error({ err: error }, 'a phone is looked after no longer'));
  }

  /** Until it is open, or nobody wants it any more. */
  async #open({ phone, stopping }: Kept): Promise<AsyncDisposable> {
    const { open, pace, log, keeper } = this.#options;
    for (;;) {
      try {
        return await open(phone);
      } catch (error) {
        if (stopping.signal.aborted) throw error;
        const words = wordsOf(error, log);
        log.warn({ source: phone.name, words }, "the door to a phone's store does not open; it is tried again");
        void keeper.say([backupIsStuck(phone.name, error, words)]);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, pace.hearMs);
          stopping.signal.addEventListener('abort', () => {
            clearTimeout(timer);
            resolve();
          });
        });
      }
    }
  }

  #end(kept: Kept): void {
    kept.stopping.abort();
    this.#ending.set(
      kept,
      kept.ended.finally(() => this.#ending.delete(kept)),
    );
  }

  /** Of sources that are no phones any more. The schedule of jobs forgets what is gone altogether. */
  #forgetOthers(): void {
    const own: ReadonlySet<string> = new Set(phoneCodes);
    const over = this.#options
      .conditions()
      .filter(({ code, source, key }) => {
        if (source === null || this.#kept.has(source)) return false;
        return own.has(code) || key === `job-failed:${source}:backup`;
      })
      .map(({ key }): Word => ({ resolve: key }));
    if (over.length > 0) void this.#options.keeper.say(over);
  }

  #lookAgain(): void {
    this.#watching.watch([...this.#kept.values()].map(({ phone }) => phone));
    this.#watching.lookAtNetwork();
    this.#tell();
  }

  #tellSoon(): void {
    if (!this.#isStarted || this.#isStopping) return;
    this.#soon ??= setTimeout(() => this.#tell(), soonMs);
  }

  #tell(): void {
    this.#soon = undefined;
    const { write, onFacts, keeper, conditions, clock, log } = this.#options;
    const all = [...this.#kept.values()];
    onFacts(all.map(({ facts }) => facts));
    try {
      if (!this.#isStopping) {
        const open = conditions();
        const words = all.flatMap(({ phone, facts }) =>
          this.#watching.words(phone.name, phoneWords(phone, facts, open, clock.wallMs())),
        );
        if (words.length > 0) void keeper.say(words);
      }
      // The last: on a full disk all that can still be said is said.
      write(all.map(({ about, facts }) => ({ about, facts })));
    } catch (error) {
      log.error({ err: error }, 'what is known of phones could not be written down; it is tried again');
    }
  }
}

/** Whatever of sources.yaml what runs for a phone goes by. */
const byOf = ({ uid, ingest, media, quotaBytes, floorBytes }: Phone, { timeZone }: ServerConfig['settings']): string =>
  JSON.stringify([uid, ingest, media, quotaBytes, floorBytes, timeZone]);

const sleep = (ms: number): Promise<false> => new Promise((resolve) => setTimeout(() => resolve(false), ms).unref());
