import type { Logger } from 'pino';
import {
  type FromCoordinator,
  fromCoordinatorSchema,
  type StoredFacts,
  type ToCoordinator,
} from '../../coordinator/link.ts';
import type { Condition } from '../../events/condition.ts';
import type { Keeper } from '../../events/keeper.ts';
import { Child, type Patience } from '../child/child.ts';
import { Outbox } from '../child/outbox.ts';
import { known, WordBucket } from '../child/word-bucket.ts';
import { isDown, isUpAgain } from './down.ts';
import { believed } from './heard.ts';

type Config = Extract<ToCoordinator, { type: 'config' }>;

/** So many conditions may change at once, and again within an hour: a fleet that fell silent and came back, twice. */
const [mostForAll, mostForEach] = [200, 4];

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
 * what is wrong. It reads what sources send, so nothing else is taken from it. While it is down everything but itself goes
 * on.
 */
export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #outbox = new Outbox<ToCoordinator>('config');
  readonly #child: Child<FromCoordinator>;
  readonly #bucket: WordBucket;
  #names: ReadonlySet<string> = new Set();
  /** How many sources the one that runs has put in force. */
  #applied = 0;

  constructor(options: CoordinatorOptions) {
    const { command, prepare, keeper, onPlaces, onChange, log, patience } = options;
    this.#options = options;
    this.#bucket = new WordBucket({
      ...{ name: 'coordinator', most: () => mostForAll + mostForEach * this.#names.size, open: options.open, log },
      // Again, since sources may be gone by now.
      take: (words) => keeper.say(believed(words, this.#names, options.open())),
    });
    this.working([]);
    this.#child = new Child({
      ...{ name: 'coordinator', command: () => command, prepare, schema: fromCoordinatorSchema },
      heed: (said) => this.#heed(said),
      connect: (to) => this.#outbox.connect(to),
      down: { raise: isDown, over: isUpAgain },
      onGone: () => onPlaces(null),
      onUp: (pid) => log.info({ pid, sources: this.#applied }, 'the coordinator hands out the slots'),
      ...{ keeper, onChange, log, ...(patience && { patience }) },
    });
  }

  /** What is in force from now on. Never throws. */
  apply(config: Config): void {
    this.#names = new Set(config.sources.map(({ name }) => name));
    for (const what of this.#outbox.kinds()) {
      const [kind, source = ''] = what.split(' ');
      if (kind === 'stored' && !this.#names.has(source)) this.#outbox.forget(what);
    }
    try {
      this.#options.makeFolders(config);
    } catch (error) {
      this.#options.log.error({ err: error }, 'a folder for a control socket could not be made');
    }
    this.#outbox.say('config', config);
    this.#child.expectAnswer();
  }

  /** What is stored of a source. */
  stored(source: string, facts: StoredFacts): void {
    this.#outbox.say(`stored ${source}`, { type: 'stored', source, facts });
  }

  /** The heavy jobs that run. */
  working(jobs: readonly { readonly source: string; readonly job: string }[]): void {
    this.#outbox.say('working', { type: 'working', jobs: [...jobs] });
  }

  /** Starts it; does not wait for it. `apply` has been called. */
  start(): void {
    this.#child.start();
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

  #heed(said: FromCoordinator): 'applied' | 'alive' | Promise<void> {
    switch (said.type) {
      case 'alive':
        return 'alive';
      case 'applied':
        this.#applied = said.sources;
        return 'applied';
      case 'places':
        if (!this.#child.isStopping) this.#options.onPlaces(said.free);
        return Promise.resolve();
      case 'words':
        return this.#say(said.words);
    }
  }

  #say(said: Extract<FromCoordinator, { type: 'words' }>['words']): Promise<void> {
    const { open, log } = this.#options;
    const words = believed(said, this.#names, known(open(), this.#bucket));
    if (words.length < said.length)
      log.warn({ refused: said.length - words.length }, 'the coordinator says what is not its business');
    return this.#bucket.say(words);
  }
}
