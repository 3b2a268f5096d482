import { isDeepStrictEqual } from 'node:util';
import { type WatchedPhone, type WatchWorld, watchPhone } from './phone.ts';

/** Watches the phones it is told of. */
export class Watcher {
  readonly #world: WatchWorld;
  readonly #watches = new Map<string, { readonly phone: WatchedPhone; readonly abort: AbortController }>();

  constructor(world: WatchWorld) {
    this.#world = world;
  }

  /** These and no others, from now on. One that is asked as before is watched on as if nothing had been said. */
  apply(phones: readonly WatchedPhone[]): void {
    const wanted = new Map(phones.map((phone) => [phone.name, phone]));
    for (const [name, { phone, abort }] of this.#watches) {
      if (isDeepStrictEqual(wanted.get(name), phone)) continue;
      abort.abort();
      this.#watches.delete(name);
    }
    for (const [name, phone] of wanted) {
      if (this.#watches.has(name)) continue;
      const abort = new AbortController();
      this.#watches.set(name, { phone, abort });
      void watchPhone(phone, this.#world, abort.signal);
    }
  }

  /** Ends all of it; what is on its way is not waited for. */
  stop(): void {
    this.apply([]);
  }
}
