import { setImmediate } from 'node:timers';
import type { Alert } from '../../alerts/alert.ts';
import type { Delivery, MonitorState, SizeDay } from '../state.ts';
import { keptDays, type SizeTable } from './size-table.ts';
import type { Mark, Told, ToldChanges } from './tables.ts';

/** Where it is kept; none for what lives in memory only. Each throws what SQLite throws, and then has changed nothing. */
export interface Store {
  readonly sizes: SizeTable;
  /** Null for a preview, which keeps nothing. */
  readonly write: {
    readonly told: (changes: ToldChanges) => void;
    readonly sizes: (sizes: readonly SizeDay[]) => void;
  } | null;
  readonly close: () => void;
}

/** How often what the disk did not take is tried again. */
const againMs = 30_000;

/**
 * The monitor's state: what people were told lies in memory and is written at the end of each turn of the event loop, all of a turn
 * in one transaction. What could not be written stays, and is tried again.
 */
export class KeptState implements MonitorState {
  readonly #store: Store | null;
  readonly #onTrouble: (error: unknown) => void;
  #alerts: readonly Alert[];
  readonly #deliveries: Map<string, Delivery>;
  readonly #marks: Map<Mark, number>;
  #changed: { alerts: boolean; readonly deliveries: Set<string>; readonly marks: Set<Mark> };
  /** Sizes that are not written yet: by source, by day. */
  readonly #unwritten = new Map<string | null, Map<string, SizeDay>>();
  #isTrouble = false;
  #isDue = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(told: Told, store: Store | null, onTrouble: (error: unknown) => void) {
    this.#store = store;
    this.#onTrouble = onTrouble;
    this.#alerts = told.alerts;
    this.#deliveries = new Map(told.deliveries.map((delivery) => [delivery.id, delivery]));
    this.#marks = new Map(told.marks);
    this.#changed = unchanged();
  }

  alerts = (): readonly Alert[] => this.#alerts;

  saveAlerts = (alerts: readonly Alert[]): void => {
    this.#alerts = [...alerts];
    this.#changed.alerts = true;
    this.#writeSoon();
  };

  deliveries = (): readonly Delivery[] =>
    [...this.#deliveries.values()].sort((one, other) => one.createdMs - other.createdMs);

  saveDelivery = (delivery: Delivery): void => {
    this.#deliveries.set(delivery.id, delivery);
    this.#changed.deliveries.add(delivery.id);
    this.#writeSoon();
  };

  removeDelivery = (id: string): void => {
    if (!this.#deliveries.delete(id)) return;
    this.#changed.deliveries.add(id);
    this.#writeSoon();
  };

  digestedMs = (): number | null => this.#marks.get('digested') ?? null;
  saveDigestedMs = (atMs: number): void => this.#saveMark('digested', atMs);
  pingedSeq = (): number | null => this.#marks.get('pinged') ?? null;
  savePingedSeq = (seq: number): void => this.#saveMark('pinged', seq);

  saveSize = (size: SizeDay): void => {
    const days = this.#unwritten.get(size.source) ?? new Map<string, SizeDay>();
    days.set(size.day, size);
    this.#unwritten.set(size.source, days);
    this.#writeSoon();
  };

  sizes = (source: string | null, days: number): readonly SizeDay[] => {
    const written = this.#read((sizes) => sizes.sizes(source, days)) ?? [];
    const unwritten = this.#unwritten.get(source);
    if (unwritten === undefined) return written;
    const all = new Map([...written.map((size) => [size.day, size] as const), ...unwritten]);
    return [...all.values()].sort((one, other) => (one.day < other.day ? -1 : 1)).slice(-days);
  };

  allSizes = (days: number): ReadonlyMap<string, readonly SizeDay[]> => {
    const names = new Set(this.#read((sizes) => sizes.names()));
    for (const name of this.#unwritten.keys()) if (name !== null) names.add(name);
    return new Map([...names].map((name) => [name, this.sizes(name, days)]));
  };

  /** Writes what is not written yet, now. */
  flush(): void {
    this.#isDue = false;
    const write = this.#store?.write;
    if (write === undefined || write === null) {
      this.#bound();
      return;
    }
    try {
      write.told(this.#changes());
      this.#changed = unchanged();
      write.sizes([...this.#unwritten.values()].flatMap((days) => [...days.values()]));
      this.#unwritten.clear();
      if (this.#isTrouble) this.#onTrouble(null);
      this.#isTrouble = false;
    } catch (error) {
      this.#stumbled(error);
      this.#bound();
      this.#timer ??= setTimeout(() => {
        this.#timer = null;
        this.flush();
      }, againMs).unref();
    }
  }

  close = (): void => {
    this.flush();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#store?.close();
  };

  #saveMark(mark: Mark, value: number): void {
    if (this.#marks.get(mark) === value) return;
    this.#marks.set(mark, Math.round(value));
    this.#changed.marks.add(mark);
    this.#writeSoon();
  }

  #writeSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      if (this.#isDue) this.flush();
    });
  }

  #changes(): ToldChanges {
    const { alerts, deliveries, marks } = this.#changed;
    return {
      alerts: alerts ? this.#alerts : null,
      deliveries: new Map([...deliveries].map((id) => [id, this.#deliveries.get(id) ?? null])),
      marks: new Map([...marks].flatMap((mark) => [[mark, this.#marks.get(mark) ?? 0] as const])),
    };
  }

  #read<Value>(read: (sizes: SizeTable) => Value): Value | null {
    if (this.#store === null) return null;
    try {
      return read(this.#store.sizes);
    } catch (error) {
      this.#stumbled(error);
      return null;
    }
  }

  /** A trouble that goes on is told once. */
  #stumbled(error: unknown): void {
    if (!this.#isTrouble) this.#onTrouble(error);
    this.#isTrouble = true;
  }

  /** What is never written must not grow for ever. */
  #bound(): void {
    for (const days of this.#unwritten.values()) {
      for (const day of [...days.keys()].sort().slice(0, -keptDays)) days.delete(day);
    }
  }
}

const unchanged = () => ({ alerts: false, deliveries: new Set<string>(), marks: new Set<Mark>() });
