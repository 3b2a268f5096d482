import type { Message } from '../channels/channel.ts';
import type { DigestFacts, Rendered } from '../digest/digest.ts';
import { digestMessage } from '../digest/message.ts';
import { keyOf } from '../events/condition.ts';
import { digestSince, dueDigest } from './digesting.ts';
import type { Gatherer } from './gather.ts';
import type { MonitorWord } from './link.ts';
import type { MonitorState } from './state.ts';

const about = { code: 'digest-unsent', source: null, subject: null } as const;
/** What comes late is complete: the coordinator is up and the server's jobs have told what they know. */
const settleMs = 60_000;
const againMs = 10 * 60_000;

/** What a digest is made of, and what it looks back to. */
export const digestFacts = (
  gatherer: Pick<Gatherer, 'overview' | 'events' | 'changes'>,
  digestedMs: number | null,
  nowMs: number,
): DigestFacts | null => {
  const overview = gatherer.overview();
  if (overview === null) return null;
  const sinceMs = digestSince(digestedMs, nowMs);
  return {
    ...{ overview, sinceMs },
    events: gatherer.events().filter(({ at }) => Date.parse(at) >= sinceMs),
    changes: gatherer.changes().filter(({ atMs }) => atMs >= sinceMs),
  };
};

export interface DigesterOptions {
  readonly gatherer: Pick<Gatherer, 'overview' | 'events' | 'changes' | 'settings'>;
  readonly state: Pick<MonitorState, 'digestedMs' | 'saveDigestedMs'>;
  /** digest/render.ts */
  readonly render: (facts: DigestFacts) => Promise<Rendered>;
  /** Takes the digest, for every channel that wants it. */
  readonly push: (message: Message) => void;
  readonly tell: (words: readonly MonitorWord[]) => void;
  readonly makeId: () => string;
  /** UTC milliseconds, and milliseconds from anywhere. */
  readonly wallMs: () => number;
  readonly steadyMs: () => number;
}

/** Makes the digest when it is due, once a day, and hands it to the outbox. One that can not be made is the condition `digest-unsent`. */
export class Digester {
  readonly #options: DigesterOptions;
  readonly #startedMs: number;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  #hasFailed = false;
  #isMaking = false;

  constructor(options: DigesterOptions) {
    this.#options = options;
    this.#startedMs = options.steadyMs();
  }

  /** Makes one if it is due; resolves when that is done. Never rejects. */
  async look(): Promise<void> {
    const { gatherer, state, wallMs, steadyMs } = this.#options;
    const settings = gatherer.settings();
    if (this.#isMaking || settings === null || steadyMs() < this.#failedAtMs + againMs) return;
    const { digest, timeZone, channels } = settings;
    const nowMs = wallMs();
    const digestedMs = state.digestedMs();
    const due = dueDigest({ at: digest.at, timeZone, digestedMs, nowMs });
    if (due === null) return;
    if (due.isNew || !channels.some((channel) => channel.digest)) return state.saveDigestedMs(due.dueMs);
    if (steadyMs() < this.#startedMs + settleMs) return;
    const facts = digestFacts(gatherer, digestedMs, nowMs);
    if (facts !== null) await this.#make(facts, due.dueMs);
  }

  async #make(facts: DigestFacts, dueMs: number): Promise<void> {
    const { state, render, push, tell, makeId, steadyMs } = this.#options;
    this.#isMaking = true;
    try {
      push(digestMessage(facts, await render(facts), makeId()));
      state.saveDigestedMs(dueMs);
      if (this.#hasFailed) tell([{ resolve: keyOf(about) }]);
      this.#hasFailed = false;
    } catch (error) {
      this.#failedAtMs = steadyMs();
      this.#hasFailed = true;
      tell([notMade(error)]);
    } finally {
      this.#isMaking = false;
    }
  }
}

const notMade = (error: unknown): MonitorWord => ({
  raise: {
    ...about,
    severity: 'warning',
    text: `The digest could not be made: ${error instanceof Error ? error.message : String(error)}`.slice(0, 2000),
    remedy: 'It is tried again every ten minutes. The page and berth-server status show how everything is.',
  },
});
