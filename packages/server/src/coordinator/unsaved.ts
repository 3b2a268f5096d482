import { Problem } from '@berth/common/problem.ts';
import type { Logger } from 'pino';
import type { Changes, LeaseRow, Settings, SourceRow, State, WaiterRow } from './state/state.ts';

/** What there is now to be kept, by source; null for what is no longer there. */
export interface Rows {
  readonly source: (name: string) => SourceRow | null;
  readonly lease: (name: string) => LeaseRow | null;
  readonly waiter: (name: string) => WaiterRow | null;
  readonly settings: () => Settings;
}

const kinds = ['source', 'lease', 'waiter', 'settings'] as const;
/** What can be unsaved. */
export type Kind = (typeof kinds)[number];

/** What has changed in memory and not been kept yet. What the disk does not take stays, and is tried again. */
export class Unsaved {
  readonly #save: State['save'];
  readonly #rows: Rows;
  readonly #log: Logger;
  #names: Readonly<Record<Kind, Set<string>>> = empty();
  #isRefused = false;

  constructor(save: State['save'], rows: Rows, log: Logger) {
    this.#save = save;
    this.#rows = rows;
    this.#log = log;
  }

  /** What is about `name` has changed. */
  add(kind: Kind, name = ''): void {
    this.#names[kind].add(name);
  }

  /** Keeps all of it in one transaction. Never rejects for a full disk. */
  async flush(): Promise<void> {
    const names = this.#names;
    if (kinds.every((kind) => names[kind].size === 0)) return;
    this.#names = empty();
    try {
      await this.#save(this.#changes(names));
      this.#isRefused = false;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      for (const kind of kinds) for (const name of names[kind]) this.#names[kind].add(name);
      if (!this.#isRefused) this.#log.error({ err: error }, 'what has changed could not be kept; it is tried again');
      this.#isRefused = true;
    }
  }

  #changes(names: Readonly<Record<Kind, ReadonlySet<string>>>): Changes {
    const { source, lease, waiter, settings } = this.#rows;
    const there = <Row>(kind: Kind, row: (name: string) => Row | null): Row[] =>
      [...names[kind]].map(row).filter((found) => found !== null);
    return {
      sources: there('source', source),
      leases: there('lease', lease),
      ended: [...names.lease].filter((name) => lease(name) === null),
      waiting: there('waiter', waiter),
      left: [...names.waiter].filter((name) => waiter(name) === null),
      ...(names.settings.size > 0 && { settings: settings() }),
    };
  }
}

const empty = (): Record<Kind, Set<string>> => ({
  ...{ source: new Set(), lease: new Set(), waiter: new Set(), settings: new Set() },
});
