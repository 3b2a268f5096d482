import type { Clock } from '../coordinator/clock.ts';
import { isWorthSaving } from './sizes.ts';
import type { MonitorState, SizeDay } from './state.ts';
import { trendDays } from './trend.ts';

/** So far back the storage's own trend goes. */
const diskDays = 90;

/**
 * The sizes that every overview shows, in memory, and written to the state when they have changed: looking up the last days of thousands
 * of sources each time would take long.
 */
export class SavedSizes {
  readonly #state: MonitorState;
  readonly #clock: Clock;
  readonly #sources: Map<string, readonly SizeDay[]>;
  #disk: readonly SizeDay[];
  #diskSavedMs = Number.NEGATIVE_INFINITY;

  constructor(state: MonitorState, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
    this.#sources = new Map(state.allSizes(trendDays));
    this.#disk = state.sizes(null, diskDays);
  }

  /** The last days of each, by name, the oldest first. */
  ofSources(): ReadonlyMap<string, readonly SizeDay[]> {
    return this.#sources;
  }

  ofDisk(): readonly SizeDay[] {
    return this.#disk;
  }

  save(size: SizeDay): void {
    const { source } = size;
    const days = source === null ? this.#disk : (this.#sources.get(source) ?? this.#state.sizes(source, trendDays));
    const steadyMs = this.#clock.steadyMs();
    const last = days.find(({ day }) => day === size.day);
    if (!isWorthSaving(size, last, steadyMs - this.#diskSavedMs)) return;
    this.#state.saveSize(size);
    const kept = [...days.filter(({ day }) => day < size.day), size];
    if (source === null) {
      this.#disk = kept.slice(-diskDays);
      this.#diskSavedMs = steadyMs;
    } else this.#sources.set(source, kept.slice(-trendDays));
  }

  /** Lets go of sources that are not shown any more; what is kept of them stays. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#sources.keys()) if (!names.has(name)) this.#sources.delete(name);
  }
}
