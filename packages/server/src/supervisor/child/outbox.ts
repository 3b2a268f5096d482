import type { Writable } from 'node:stream';
import { lineOf } from './lines.ts';

/**
 * What a child is to know: the newest of each, and no more, so that one that does not listen costs no memory. A new one is
 * told all of it; then each change, as fast as it reads. Nothing is said before `first` is known, and everything after it.
 */
export class Outbox<Message extends object> {
  readonly #first: string;
  readonly #newest = new Map<string, Message>();
  /** What the one that listens has not been told yet. */
  readonly #unsaid = new Set<string>();
  #to: Writable | null = null;
  #isFull = false;

  constructor(first: string) {
    this.#first = first;
  }

  /** Whoever is told from now on; null while there is nobody. */
  connect(to: Writable | null): void {
    this.#to = to;
    this.#isFull = false;
    this.#unsaid.clear();
    if (to === null) return;
    for (const what of this.#newest.keys()) this.#unsaid.add(what);
    to.on('drain', () => {
      if (this.#to !== to) return;
      this.#isFull = false;
      this.#flush();
    });
    this.#flush();
  }

  /** The newest of its kind; what an earlier one said is over. */
  say(what: string, message: Message): void {
    this.#newest.set(what, message);
    if (this.#to === null) return;
    this.#unsaid.add(what);
    this.#flush();
  }

  /** Nobody is told of it any more. */
  forget(what: string): void {
    this.#newest.delete(what);
    this.#unsaid.delete(what);
  }

  /** The kinds there are. */
  kinds(): readonly string[] {
    return [...this.#newest.keys()];
  }

  #flush(): void {
    if (!this.#newest.has(this.#first)) return;
    if (this.#unsaid.has(this.#first)) this.#write(this.#first);
    for (const what of this.#unsaid) this.#write(what);
  }

  #write(what: string): void {
    if (this.#isFull || this.#to === null) return;
    this.#unsaid.delete(what);
    this.#isFull = !this.#to.write(lineOf(this.#newest.get(what)));
  }
}
