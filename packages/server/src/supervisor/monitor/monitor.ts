import type { Logger } from 'pino';
import type { Condition, ConditionEvent } from '../../events/condition.ts';
import type { Keeper } from '../../events/keeper.ts';
import type { PhoneFacts } from '../../ingest/facts.ts';
import {
  type FromMonitor,
  fromMonitorSchema,
  type ServerFacts,
  type SourceFacts,
  type ToMonitor,
} from '../../monitor/link.ts';
import type { ConfigChange } from '../../monitor/overview.ts';
import type { MonitorSettings } from '../../monitor/settings.ts';
import { Child, type Patience } from '../child/child.ts';
import { Outbox } from '../child/outbox.ts';
import { known, WordBucket } from '../child/word-bucket.ts';
import { monitorIsDown, monitorIsUp } from './down.ts';
import { believedOfMonitor } from './heard.ts';

/** So many conditions may change at once, and again within an hour: pings of a thousand sources while their service is down. */
const mostChanges = 1000;

export interface MonitorOptions {
  /** The words that start it: command.ts. */
  readonly command: () => readonly string[];
  /** Makes what it needs before it starts, each time. Throws a Problem for what the admin has to put right. */
  readonly prepare: () => void;
  readonly keeper: Pick<Keeper, 'say'>;
  /** The conditions that are open. */
  readonly open: () => readonly Condition[];
  /** It runs with this pid, or no longer. */
  readonly onChange: (pid: number | null) => void;
  /** Where its page is; null where there is none. */
  readonly onPage: (page: string | null) => void;
  /** A channel does not work: its secret may be another by now. */
  readonly onChannelFailing: () => void;
  readonly log: Logger;
  readonly patience?: Partial<Patience>;
}

/**
 * The monitor as a child: told everything that people are to be told, heard when it says that it can not tell them. While it
 * is down everything but that goes on.
 */
export class Monitor {
  readonly #options: MonitorOptions;
  readonly #outbox = new Outbox<ToMonitor>('settings');
  readonly #child: Child<FromMonitor>;
  readonly #bucket: WordBucket;

  constructor(options: MonitorOptions) {
    const { command, prepare, keeper, onChange, onPage, log, patience } = options;
    this.#options = options;
    const { open } = options;
    const take: WordBucket['say'] = (words) => keeper.say(words);
    this.#bucket = new WordBucket({ name: 'monitor', most: () => mostChanges, open, take, log });
    this.#child = new Child({
      ...{ name: 'monitor', command, prepare, schema: fromMonitorSchema },
      heed: (said) => this.#heed(said),
      connect: (to) => this.#outbox.connect(to),
      down: { raise: monitorIsDown, over: monitorIsUp },
      onGone: () => onPage(null),
      onUp: (pid) => log.info({ pid }, 'the monitor tells people'),
      ...{ keeper, onChange, log, ...(patience && { patience }) },
    });
  }

  /** What sources.yaml says from now on, with the secrets. What is known of other sources than these is forgotten. */
  settings(settings: MonitorSettings): void {
    const names = new Set(settings.sources.map(({ name }) => name));
    for (const what of this.#outbox.kinds()) {
      const [kind, source = ''] = what.split(' ');
      if (kind === 'source' && !names.has(source)) this.#outbox.forget(what);
    }
    this.#outbox.say('settings', { type: 'settings', settings });
    this.#child.expectAnswer();
  }

  server(facts: ServerFacts): void {
    this.#outbox.say('server', { type: 'server', facts });
  }

  source(source: string, facts: SourceFacts): void {
    this.#outbox.say(`source ${source}`, { type: 'source', source, facts });
  }

  phones(facts: readonly PhoneFacts[]): void {
    this.#outbox.say('phones', { type: 'phones', phones: [...facts] });
  }

  conditions(open: readonly Condition[]): void {
    this.#outbox.say('conditions', { type: 'conditions', open: [...open] });
  }

  events(events: readonly ConditionEvent[]): void {
    this.#outbox.say('events', { type: 'events', events: [...events] });
  }

  changes(changes: readonly ConfigChange[]): void {
    this.#outbox.say('changes', {
      type: 'changes',
      changes: changes.map(({ atMs, lines }) => ({ atMs, lines: [...lines] })),
    });
  }

  /** Starts it; does not wait for it. `settings` has been called. */
  start(): void {
    this.#child.start();
  }

  /** It is started anew, with what it may reach looked up again. */
  restart(): void {
    this.#child.restart();
  }

  /** The server is about to stop: one that ends from now on is not started again. */
  letEnd(): void {
    this.#child.letEnd();
  }

  /** Ends it: its input ends, then it is told to, then it is killed. */
  async stop(): Promise<void> {
    await this.#child.stop();
    this.#bucket.stop();
  }

  #heed(said: FromMonitor): 'applied' | 'alive' | Promise<void> {
    switch (said.type) {
      case 'alive':
        return 'alive';
      case 'applied':
        this.#options.onPage(said.page);
        return 'applied';
      case 'words':
        return this.#say(said.words);
      case 'answer':
        // Nobody asked this one.
        return Promise.resolve();
    }
  }

  #say(said: Extract<FromMonitor, { type: 'words' }>['words']): Promise<void> {
    const { open, log, onChannelFailing } = this.#options;
    const words = believedOfMonitor(said, known(open(), this.#bucket));
    if (words.length < said.length)
      log.warn({ refused: said.length - words.length }, 'the monitor says what is not its business');
    if (words.some((word) => 'raise' in word && word.raise.code === 'channel-failing')) onChannelFailing();
    return this.#bucket.say(words);
  }
}
