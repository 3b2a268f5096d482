import { Problem } from '@berth/common/problem.ts';
import type { Logger } from 'pino';
import type { Clock } from '../../coordinator/clock.ts';
import type { Word } from '../../events/condition.ts';
import type { BackupResult, ToBackup } from '../../ingest/backup/arguments.ts';
import { markerOf } from '../../ingest/backup/marker.ts';
import type { PhoneFacts, SyncthingState } from '../../ingest/facts.ts';
import type { PassResult } from '../../ingest/mirror/pass.ts';
import { backupBegins, backupIsStuck, wordsOf } from './backup-stuck.ts';
import { Latest } from './latest.ts';
import type { Seen } from './look.ts';
import { nextPassAt, nextWakeAt, type Passes, type PhonePace } from './pace.ts';
import type { Phone } from './places.ts';
import { afterBrokenWake, afterFailure, afterPass, afterWake, isGood, resultOfLook } from './record.ts';
import { Rounds } from './rounds.ts';

/** What is started for a phone, each as the phone: start.ts. */
export interface Starts {
  readonly look: () => Promise<{ readonly ingest: Seen; readonly media: Seen }>;
  readonly mirror: (marker: string | null, signal: AbortSignal) => Promise<PassResult>;
  /** `isNow`: whatever the plan says. */
  readonly backup: (
    marker: string | null,
    isNow: boolean,
    told: AsyncIterable<ToBackup>,
    signal: AbortSignal,
  ) => Promise<Pick<BackupResult, 'ended' | 'nextAt'>>;
}

export interface CareOptions {
  readonly phone: Phone;
  readonly pace: PhonePace;
  readonly starts: Starts;
  /** What is known of it from before. */
  readonly facts: PhoneFacts;
  /** Hears what is known now, whenever that changes. */
  readonly onFacts: (facts: PhoneFacts) => void;
  /** Hears what is so of the backup's wakes themselves. */
  readonly say: (words: readonly Word[]) => void;
  readonly clock: Clock;
  /** From 0 to 1: where in the spread of a start its first wake is. */
  readonly random: () => number;
  readonly log: Logger;
}

/** Looks after one phone: passes of its mirror and wakes of its backup, each never twice at once, and what is known of them. */
export class PhoneCare {
  readonly #options: CareOptions;
  readonly #passes: Rounds | null;
  readonly #wakes: Rounds;
  readonly #quiet: Latest<boolean | null | undefined>;
  #facts: PhoneFacts;
  #last: Passes['last'] = null;
  #changed: Passes['changed'] = null;
  #wakeAtMs: number;
  #hearing: NodeJS.Timeout | undefined;

  constructor(options: CareOptions) {
    const { phone, pace, facts, clock, random } = options;
    this.#options = options;
    this.#facts = facts;
    this.#quiet = new Latest<boolean | null | undefined>(phone.ingest.syncthing === null ? null : undefined);
    this.#wakeAtMs = clock.steadyMs() + random() * pace.spreadMs;
    this.#wakes = new Rounds({ clock, nextAtMs: () => this.#wakeAtMs, run: (signal) => this.#wake(signal) });
    const { media } = phone;
    this.#passes =
      media === null
        ? null
        : new Rounds({
            clock,
            nextAtMs: () => nextPassAt({ ...this.#toldPasses(), everyMs: media.everyMs }, pace),
            run: (signal) => this.#pass(signal),
          });
  }

  get facts(): PhoneFacts {
    return this.#facts;
  }

  /** Begins. The store's door is open. */
  start(): void {
    this.#passes?.plan();
    this.#wakes.plan();
    this.#hearing = setTimeout(() => this.#setQuiet(this.#quiet.value ?? null), this.#options.pace.hearMs);
  }

  /** What Syncthing says of it now; null: nobody asks any more. */
  heard(syncthing: SyncthingState | null): void {
    const before = this.#facts.syncthing;
    this.#learn({ ...this.#facts, syncthing, ...(syncthing?.kind === 'up' && { marker: syncthing.markerName }) });
    this.#setQuiet(syncthing?.kind === 'up' ? syncthing.quiet : null);
    if (this.#isWanted()) {
      this.#wakeAtMs = Math.min(this.#wakeAtMs, this.#options.clock.steadyMs() + this.#options.pace.quietMs);
      this.#wakes.plan();
    }
    if ((before?.kind === 'up') !== (syncthing?.kind === 'up')) this.#passes?.plan();
  }

  /** Its files have changed. */
  touched(): void {
    const nowMs = this.#options.clock.steadyMs();
    this.#changed = { firstMs: this.#changed?.firstMs ?? nowMs, latestMs: nowMs };
    this.#passes?.plan();
  }

  /** What runs is told to end, and has ended when this resolves. */
  async stop(): Promise<void> {
    clearTimeout(this.#hearing);
    await Promise.all([this.#passes?.stop(), this.#wakes.stop()]);
    this.#quiet.end();
  }

  #toldPasses(): Omit<Passes, 'everyMs'> {
    const isTold = this.#facts.syncthing?.kind === 'up';
    return { last: this.#last, changed: this.#changed, isTold };
  }

  async #pass(signal: AbortSignal): Promise<void> {
    const { clock, starts } = this.#options;
    const beganMs = clock.steadyMs();
    this.#changed = null;
    const result = await this.#passed(starts, signal);
    if (result === null) this.#last = { beganMs, endedMs: clock.steadyMs(), isGood: false, isToBeContinued: false };
    else {
      const isToBeContinued = result.unsettled > 0 && result.outcome === 'done';
      this.#last = { beganMs, endedMs: clock.steadyMs(), isGood: isGood(result), isToBeContinued };
    }
  }

  /** Null for a pass that could not be made, for no reason that a mirror has. */
  async #passed({ look, mirror }: Starts, signal: AbortSignal): Promise<PassResult | null> {
    const { clock, log, phone } = this.#options;
    try {
      const seen = resultOfLook(await look(), this.#facts.mirror?.last ?? null);
      if (signal.aborted) return null;
      const result = seen ?? (await mirror(markerOf(phone.ingest, this.#facts), signal));
      this.#learn(afterPass(this.#facts, result, clock.wallMs()));
      if (result.copied + result.versions + result.newlyGone > 0) {
        const { outcome, copied, versions, newlyGone, tookMs } = result;
        log.info({ outcome, copied, versions, newlyGone, tookMs: Math.round(tookMs) }, 'a pass of the mirror');
      }
      return result;
    } catch (error) {
      // The admin's own pass is at work.
      const isBusy = error instanceof Problem && error.code === 'busy';
      if (!signal.aborted && !isBusy) this.#learn(afterFailure(this.#facts, wordsOf(error, log), clock.wallMs()));
      return null;
    }
  }

  async #wake(signal: AbortSignal): Promise<void> {
    const { clock, starts, pace, phone, say, log } = this.#options;
    let nextAtMs: number | null = null;
    try {
      const { ingest } = await starts.look();
      if (signal.aborted) return;
      const told = this.#told();
      const result =
        ingest === 'ok'
          ? await starts.backup(markerOf(phone.ingest, this.#facts), this.#isWanted(), told, signal)
          : { ended: `ingest-${ingest}`, nextAt: null };
      this.#learn(afterWake(this.#facts, result, clock.wallMs()));
      say([backupBegins(phone.name)]);
      nextAtMs = result.nextAt === null ? null : clock.steadyMs() + (Date.parse(result.nextAt) - clock.wallMs());
    } catch (error) {
      if (signal.aborted) return;
      const words = wordsOf(error, log);
      this.#learn(afterBrokenWake(this.#facts, words, clock.wallMs()));
      say([backupIsStuck(phone.name, error, words)]);
    } finally {
      this.#wakeAtMs = nextWakeAt({ endedMs: clock.steadyMs(), nextAtMs }, pace);
    }
  }

  /**
   * A phone that was never backed up, or whose folder was not there, is backed up as soon as Syncthing is done and not only when its time of
   * the day has come.
   */
  #isWanted(): boolean {
    const { backup } = this.#facts;
    const { value: quiet } = this.#quiet;
    return (backup === null || backup.ended.startsWith('ingest-')) && quiet !== false && quiet !== undefined;
  }

  async *#told(): AsyncGenerator<ToBackup> {
    for await (const quiet of this.#quiet.follow()) if (quiet !== undefined) yield { quiet };
  }

  #setQuiet(quiet: boolean | null): void {
    this.#quiet.set(quiet);
  }

  #learn(facts: PhoneFacts): void {
    this.#facts = facts;
    this.#options.onFacts(facts);
  }
}
