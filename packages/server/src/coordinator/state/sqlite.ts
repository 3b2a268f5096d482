import type { DatabaseSync } from 'node:sqlite';
import { explained } from '../../database/failure.ts';
import { openOrSetAside } from '../../database/open.ts';
import { Commits } from './commit.ts';
import { coordinatorShape } from './migrations.ts';
import { type OnSkipped, readLeases, readOutlines, readSettings, readSources, readWaiting } from './rows.ts';
import { type Kept, keptOfSource, type Loaded, type State } from './state.ts';
import { writerOn } from './write.ts';

/** An opened state, and where a broken one was set aside before; null when there was none. */
export interface OpenedState {
  readonly state: State;
  readonly aside: string | null;
  /** The rows that could not be understood, in words: they are passed over, and lie there. */
  readonly skipped: readonly string[];
}

/**
 * The state in one SQLite file, made when missing. A file that is broken is set aside with its log (`….broken-<time>`), never
 * removed, and a new one begins. Throws `state-newer`, and the disk's errors.
 */
export const openState = (path: string, options: StateOptions): OpenedState => {
  const { made, aside } = openOrSetAside(path, { shape: coordinatorShape, make: load, now: options.now });
  return { state: stateIn(made, options), aside, skipped: made.skipped };
};

/** What opening takes; only tests say more than the time. */
export interface StateOptions {
  readonly now: () => Date;
  /** SQLite says that the disk is full after so many. */
  readonly mostPages?: number;
  readonly kept?: Kept;
}

interface Opened {
  readonly db: DatabaseSync;
  readonly loaded: Loaded;
  readonly skipped: readonly string[];
}

/** Read at once: better to know now. */
const load = (db: DatabaseSync): Opened => {
  const skipped: string[] = [];
  return { db, loaded: read(db, (what) => skipped.push(what)), skipped };
};

const read = (db: DatabaseSync, onSkipped: OnSkipped): Loaded => ({
  sources: readSources(db, 'all', onSkipped),
  leases: readLeases(db, onSkipped),
  waiting: readWaiting(db, onSkipped),
  settings: readSettings(db),
});

const stateIn = ({ db, loaded }: Opened, { mostPages, kept = keptOfSource }: StateOptions): State => {
  if (mostPages !== undefined) db.exec(`PRAGMA max_page_count = ${mostPages}`);
  const commits = new Commits(db);
  const writer = writerOn(db, kept);
  const committed = <Result>(work: () => Result): Promise<Result> =>
    commits.run(work).catch((error: unknown) => {
      throw explained(error);
    });
  return {
    load: async () => loaded,
    save: (changes) => committed(() => writer.save(changes)),
    addReport: (report) => committed(() => writer.addReport(report)),
    runs: async (source, most) => readOutlines(db, source, most),
    close: async () => {
      commits.flush();
      db.close();
    },
  };
};
