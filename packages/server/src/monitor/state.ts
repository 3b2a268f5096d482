import type { Alert } from '../alerts/alert.ts';
import type { Message } from '../channels/channel.ts';

/**
 * What the monitor must know again after a restart: whom it has told what, what could not be delivered yet, and how large everything was.
 * One file of SQLite, one writer. Losing it costs history and at most a message told twice; so what the disk does not take is kept in
 * memory and tried again, and nothing here ever stops the monitor. Times are UTC milliseconds.
 */
export interface MonitorState {
  readonly alerts: () => readonly Alert[];
  /** Replaces all of them. */
  readonly saveAlerts: (alerts: readonly Alert[]) => void;
  /** What has not been delivered, oldest first. */
  readonly deliveries: () => readonly Delivery[];
  readonly saveDelivery: (delivery: Delivery) => void;
  readonly removeDelivery: (id: string) => void;
  /** The moment up to which digests are settled: made and handed to the outbox. Null before the first. */
  readonly digestedMs: () => number | null;
  readonly saveDigestedMs: (atMs: number) => void;
  /** The newest run of the coordinator's that pings have been made for; null before the first. */
  readonly pingedSeq: () => number | null;
  readonly savePingedSeq: (seq: number) => void;
  /** Sizes of a day: the last look of a day stands. `source` null for the disk. */
  readonly saveSize: (size: SizeDay) => void;
  /** The last `days` of one source, or of the disk (null), the oldest first. */
  readonly sizes: (source: string | null, days: number) => readonly SizeDay[];
  /** The last `days` of all sources at once, by source. */
  readonly allSizes: (days: number) => ReadonlyMap<string, readonly SizeDay[]>;
  readonly close: () => void;
}

/** How large something was on a day. For the disk, `liveBytes` is what is used and `trashBytes` is 0. */
export interface SizeDay {
  readonly source: string | null;
  /** `2026-11-14`, by the server's wall clock. */
  readonly day: string;
  readonly liveBytes: number;
  readonly trashBytes: number;
  readonly objects: number;
  readonly snapshots: number;
  /** When its last success arrived, as was known on that day: so that a day without reports is not taken for silence. Null for the disk. */
  readonly lastSuccessMs: number | null;
}

/** A message on its way to one channel. */
export interface Delivery {
  /** The message's id and the channel's name: `ID CHANNEL`. */
  readonly id: string;
  readonly channel: string;
  readonly message: Message;
  readonly createdMs: number;
  readonly attempts: number;
  /** When it is tried next. */
  readonly nextMs: number;
  /** Why it could not be delivered last; null before. Holds no secret. */
  readonly error: string | null;
  /** Whether another channel has taken this message: a digest that one has taken is not unsent. */
  readonly taken: boolean;
}
