import { keyOf, type Word } from '../../events/condition.ts';
import type { Keeper } from '../../events/keeper.ts';
import type { SyncthingState } from '../../ingest/facts.ts';
import type { Phone } from './places.ts';
import type { Watched } from './watched.ts';
import { type PhoneWatcher, type WatcherHears, watcherIsUp } from './watcher.ts';

export interface WatchingOptions {
  /** Whom the watcher is told, with secrets read anew. Never throws. */
  readonly watched: (phones: readonly Phone[]) => Watched;
  readonly makeWatcher: (hears: WatcherHears) => PhoneWatcher;
  /** Another word once what finding a host by its name takes was replaced. */
  readonly networkMark: () => string;
  readonly keeper: Pick<Keeper, 'say'>;
}

/** What the watcher says is heard only of phones that it was told to watch. */
export interface PhoneHears {
  readonly onState: (phone: string, state: SyncthingState) => void;
  readonly onChanged: (phone: string) => void;
  readonly onGone: () => void;
}

/** One watcher for all phones with a Syncthing, as long as there are any. */
export class Watching {
  readonly #options: WatchingOptions;
  readonly #hears: WatcherHears;
  #watcher: PhoneWatcher | null = null;
  #watched: Watched = { phones: [], broken: [] };
  #network: string;
  #isStarted = false;
  /** One that had no work left, and still has to end. */
  #ending: Promise<void> = Promise.resolve();

  constructor(options: WatchingOptions, { onState, onChanged, onGone }: PhoneHears) {
    this.#options = options;
    this.#network = options.networkMark();
    const isWatched = (name: string): boolean => this.#watched.phones.some((phone) => phone.name === name);
    this.#hears = {
      onState: (name, state) => isWatched(name) && onState(name, state),
      onChanged: (name) => isWatched(name) && onChanged(name),
      onGone,
    };
  }

  /** These, from now on; also to read their secrets anew. One that has nothing new to hear is left alone. */
  watch(phones: readonly Phone[]): void {
    const before = JSON.stringify(this.#watched.phones);
    this.#watched = this.#options.watched(phones);
    const told = this.#watched.phones;
    if (told.length === 0) {
      if (this.#watcher !== null) this.#ending = this.#watcher.stop();
      this.#watcher = null;
      void this.#options.keeper.say([watcherIsUp]);
      return;
    }
    const isNew = this.#watcher === null;
    this.#watcher ??= this.#options.makeWatcher(this.#hears);
    if (isNew || JSON.stringify(told) !== before) this.#watcher.tell(told);
    if (isNew && this.#isStarted) this.#watcher.start();
  }

  /** Starts anew the one whose way to hosts by their names was replaced. */
  lookAtNetwork(): void {
    const mark = this.#options.networkMark();
    if (mark !== this.#network) this.#watcher?.restart();
    this.#network = mark;
  }

  /** `said` of one phone, but for what of it can not be known while its key can not be read: that is said instead. */
  words(phone: string, said: readonly Word[]): readonly Word[] {
    const broken = this.#watched.broken.find(({ name }) => name === phone);
    if (broken === undefined) return said;
    const key = keyOf({ code: 'syncthing-refused', source: phone, subject: null });
    return [...said.filter((word) => !('resolve' in word && word.resolve === key)), broken.word];
  }

  /** `watch` has been called. */
  start(): void {
    this.#isStarted = true;
    this.#watcher?.start();
  }

  letEnd(): void {
    this.#watcher?.letEnd();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#watcher?.stop(), this.#ending]);
  }
}
