import type { Writable } from 'node:stream';
import type { StoredFacts, ToCoordinator } from '../../coordinator/link.ts';

type Config = Extract<ToCoordinator, { type: 'config' }>;
type Working = Extract<ToCoordinator, { type: 'working' }>;

/**
 * What the coordinator is to know: the newest of each, and no more, so that one that does not listen costs no memory. A new
 * one is told all of it; then each change, as fast as it reads.
 */
export class Outbox {
  #config: Config | null = null;
  #working: Working = { type: 'working', jobs: [] };
  readonly #stored = new Map<string, StoredFacts>();
  /** What the one that listens has not been told yet. */
  readonly #unsaid = new Set<'config' | 'working' | `stored ${string}`>();
  #to: Writable | null = null;
  #isFull = false;

  /** Whoever is told from now on; null while there is nobody. */
  connect(to: Writable | null): void {
    this.#to = to;
    this.#isFull = false;
    this.#unsaid.clear();
    if (to === null) return;
    this.#unsaid.add('config');
    for (const source of this.#stored.keys()) this.#unsaid.add(`stored ${source}`);
    this.#unsaid.add('working');
    to.on('drain', () => {
      if (this.#to !== to) return;
      this.#isFull = false;
      this.#flush();
    });
    this.#flush();
  }

  /** What is in force from now on; what was stored by others is forgotten. */
  config(config: Config): void {
    const names = new Set(config.sources.map(({ name }) => name));
    for (const source of this.#stored.keys()) if (!names.has(source)) this.#stored.delete(source);
    this.#config = config;
    this.#say('config');
  }

  stored(source: string, facts: StoredFacts): void {
    this.#stored.set(source, facts);
    this.#say(`stored ${source}`);
  }

  working(jobs: Working['jobs']): void {
    this.#working = { type: 'working', jobs };
    this.#say('working');
  }

  #say(what: 'config' | 'working' | `stored ${string}`): void {
    if (this.#to === null) return;
    this.#unsaid.add(what);
    this.#flush();
  }

  #flush(): void {
    // A source is told of before what it stored.
    if (this.#unsaid.has('config')) this.#write('config');
    for (const what of this.#unsaid) this.#write(what);
  }

  #write(what: 'config' | 'working' | `stored ${string}`): void {
    if (this.#isFull || this.#to === null) return;
    const message = this.#messageOf(what);
    if (message === undefined) return;
    this.#unsaid.delete(what);
    if (message !== null) this.#isFull = !this.#to.write(`${JSON.stringify(message)}\n`);
  }

  /** Null for what is no longer so; undefined for what has to wait for the first configuration. */
  #messageOf(what: 'config' | 'working' | `stored ${string}`): ToCoordinator | null | undefined {
    if (this.#config === null) return undefined;
    if (what === 'config') return this.#config;
    if (what === 'working') return this.#working;
    const source = what.slice('stored '.length);
    const facts = this.#stored.get(source);
    return facts === undefined ? null : { type: 'stored', source, facts };
  }
}
