import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { Outbox } from '../alerts/outbox.ts';
import { guardedRequest } from '../channels/http.ts';
import { Pings } from '../channels/pings.ts';
import { channelOf } from '../channels/registry.ts';
import type { Clock } from '../coordinator/clock.ts';
import { renderDigest } from '../digest/render.ts';
import { metricsOf } from '../metrics/metrics.ts';
import type { PageFacts } from '../page/page.ts';
import { servePage } from '../page/serve.ts';
import { Alerting } from './alerting.ts';
import { Digester } from './digester.ts';
import { Gatherer, type Heard } from './gather.ts';
import { Guard } from './guard.ts';
import type { FromMonitor, MonitorWord } from './link.ts';
import { Paging } from './paging.ts';
import { monitorDatabase } from './paths.ts';
import { PingWords } from './ping-words.ts';
import type { MonitorSettings } from './settings.ts';
import { shownSettings } from './shown-settings.ts';
import { memoryState, openMonitorState } from './state/open.ts';
import type { MonitorState } from './state.ts';

export interface MonitorOptions {
  /** Its own folder, and the coordinator's. */
  readonly folder: string;
  readonly coordinator: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tell: (message: FromMonitor) => void;
}

/** The server itself is pinged every five minutes: by then a ping that fails has failed again. */
const pingsSettleMs = 10 * 60_000;

/** The digest, the alerts, the channels, the pings, the page and the metrics, for as long as the server runs. Each fails by itself. */
export class Monitor {
  readonly #options: MonitorOptions;
  readonly #guard: Guard;
  readonly #state: MonitorState;
  readonly #gatherer: Gatherer;
  readonly #outbox: Outbox;
  readonly #alerting: Alerting;
  readonly #digester: Digester;
  readonly #paging: Paging;
  readonly #pings: Pings;
  readonly #pingWords = new PingWords();
  readonly #startedMs: number;
  /** The keys of what is so. */
  #open: readonly string[] = [];

  constructor(options: MonitorOptions) {
    const { folder, coordinator, clock, log } = options;
    const { wallMs, steadyMs } = clock;
    const tell = (words: readonly MonitorWord[]): void => this.#tellWords(words);
    this.#options = options;
    this.#startedMs = steadyMs();
    this.#guard = new Guard(log);
    this.#state = stateIn(folder, clock, log);
    const state = this.#state;
    const gatherer = new Gatherer({ state, coordinator, copies: join(folder, 'copies'), clock, log });
    const outbox = new Outbox({ state, now: wallMs, tell, log });
    const push = (message: Parameters<Outbox['push']>[0]): void => outbox.push(message);
    this.#gatherer = gatherer;
    this.#outbox = outbox;
    this.#alerting = new Alerting({ state, push, nowMs: wallMs });
    this.#digester = new Digester({
      gatherer,
      state,
      render: renderDigest,
      push,
      tell,
      makeId: randomUUID,
      wallMs,
      steadyMs,
    });
    this.#paging = new Paging({ serve: (settings) => servePage(this.#shown(), settings, log), tell, steadyMs });
    this.#pings = new Pings({ request: guardedRequest(), facts: gatherer, state, nowMs: wallMs });
  }

  /** Takes what the supervisor says. Never throws. */
  apply(message: Heard): void {
    this.#guard.try('gathering', () => this.#gatherer.hear(message));
    if (message.type === 'settings') void this.#applySettings(message.settings);
    if (message.type !== 'conditions') return;
    this.#open = message.open.map(({ key }) => key);
    this.#guard.try('outbox', () => this.#outbox.saw(message.open));
  }

  /** Looks at everything, once a second. Never throws, and waits for nothing. */
  tick(): void {
    const guard = this.#guard;
    guard.try('gathering', () => this.#gatherer.tick());
    guard.try('alerts', () => this.#lookAtAlerts());
    void guard.wait('digest', () => this.#digester.look());
    guard.try('outbox', () => this.#outbox.tick());
    guard.try('pings', () => this.#lookAtPings());
    guard.try('page', () => this.#paging.tick());
  }

  /** Ends all of it; what is not delivered is kept. */
  async stop(): Promise<void> {
    const guard = this.#guard;
    await Promise.all([
      guard.wait('page', () => this.#paging.stop()),
      guard.wait('outbox', () => this.#outbox.close()),
    ]);
    guard.try('pings', () => this.#pings.close());
    guard.try('gathering', () => this.#gatherer.close());
    guard.try('state', () => this.#state.close());
  }

  async #applySettings(settings: MonitorSettings): Promise<void> {
    const { wallMs } = this.#options.clock;
    this.#guard.try('outbox', () => {
      const tools = { request: guardedRequest(), nowMs: wallMs };
      const channels = settings.channels.map((channel) => channelOf(channel, tools));
      this.#outbox.apply(settings, channels);
    });
    this.#guard.try('pings', () => this.#pings.apply(settings));
    await this.#guard.wait('page', () => this.#paging.apply(settings));
    this.#options.tell({ type: 'applied', page: this.#paging.url });
  }

  #lookAtAlerts(): void {
    const [conditions, settings] = [this.#gatherer.conditions(), this.#gatherer.settings()];
    if (conditions !== null && settings !== null) this.#alerting.look(conditions, settings);
  }

  #lookAtPings(): void {
    this.#pings.look();
    const settings = this.#gatherer.settings();
    if (settings === null) return;
    const isSettled = this.#options.clock.steadyMs() > this.#startedMs + pingsSettleMs;
    this.#tellWords(this.#pingWords.look(this.#pings.troubles(), settings, this.#open, isSettled));
  }

  #shown(): PageFacts {
    const gatherer = this.#gatherer;
    return {
      overview: () => gatherer.overview(),
      events: () => gatherer.events(),
      changes: () => gatherer.changes(),
      settings: () => {
        const settings = gatherer.settings();
        return settings === null ? null : shownSettings(settings);
      },
      history: gatherer.history,
      onChange: (listener) => gatherer.onChange(listener),
      metrics: async () => {
        const overview = gatherer.overview();
        return overview === null ? '' : metricsOf(overview);
      },
    };
  }

  /** A message holds a thousand at most. */
  #tellWords(words: readonly MonitorWord[]): void {
    for (let from = 0; from < words.length; from += 1000) {
      this.#options.tell({ type: 'words', words: words.slice(from, from + 1000) });
    }
  }
}

/** Without its disk the monitor tells people all the same. */
const stateIn = (folder: string, { wallMs }: Clock, log: Logger): MonitorState => {
  try {
    const { state, aside, skipped } = openMonitorState(monitorDatabase(folder), {
      now: () => new Date(wallMs()),
      onTrouble: (error) => {
        if (error === null) log.info('what people were told is written down again');
        else log.error({ err: error }, 'what people were told could not be written down; it is tried again');
      },
    });
    if (aside !== null)
      log.error({ aside }, 'the database of the monitor was damaged, and was set aside; a new one begins');
    for (const what of skipped) log.error({ what }, 'what people were told can not be understood, and is passed over');
    return state;
  } catch (error) {
    log.error({ err: error }, 'what people were told can not be read: nothing is kept over a restart until it can');
    return memoryState();
  }
};
