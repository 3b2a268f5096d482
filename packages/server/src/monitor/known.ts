import type { LeaseRow, LoadedSource, Settings, WaiterRow } from '../coordinator/state/state.ts';
import type { RunSums } from './trend.ts';

/** A source as the coordinator keeps it, and its runs summed up. */
export interface KnownSource extends LoadedSource {
  readonly sums: RunSums;
}

/** What the coordinator knows, as of the last look into its database. */
export interface Known {
  /** Those in sources.yaml, by name. */
  readonly sources: ReadonlyMap<string, KnownSource>;
  readonly leases: ReadonlyMap<string, LeaseRow>;
  readonly waiting: ReadonlyMap<string, WaiterRow>;
  readonly tight: Settings['tight'];
  /** Why its database can not be read; null when it can, and before there is one. */
  readonly trouble: string | null;
}

/** Where nothing is known. */
export const nothingKnown = (trouble: string | null): Known => ({
  ...{ sources: new Map(), leases: new Map(), waiting: new Map(), tight: [], trouble },
});
