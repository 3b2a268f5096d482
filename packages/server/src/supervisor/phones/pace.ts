/** How a phone is looked after, in milliseconds. */
export interface PhonePace {
  /** Nothing more has come for so long: a pass begins. */
  readonly quietMs: number;
  /** From the beginning of one pass to the next, at least. */
  readonly gapMs: number;
  /** Between two full passes while Syncthing says itself what changes. */
  readonly fullMs: number;
  /** Between two wakes of a backup, at most: the agent's own run knows what is due. */
  readonly wakeMs: number;
  /** Over how long a start spreads the first wakes. */
  readonly spreadMs: number;
  /** Nobody has said for so long whether Syncthing is quiet: nobody can. */
  readonly hearMs: number;
  /** A server that stops waits so long for what runs: on a disk that does not answer nothing can even be killed. */
  readonly endMs: number;
}

const [secondMs, minuteMs, hourMs] = [1000, 60_000, 3_600_000];

/** How a server that nobody told otherwise goes about it. Only tests say otherwise. */
export const usualPace: PhonePace = {
  ...{ quietMs: 2 * secondMs, gapMs: 10 * secondMs, fullMs: hourMs },
  ...{ wakeMs: 15 * minuteMs, spreadMs: minuteMs, hearMs: 30 * secondMs },
  endMs: 15 * secondMs,
};

/** A pass takes at most this share of the time: on a slow disk `every` is stretched. */
const stretch = 20;

/** What is known of a phone's passes. Times are UTC milliseconds. */
export interface Passes {
  readonly everyMs: number;
  /** The last one: when it began and ended, and whether everything was copied; null before the first. */
  readonly last: {
    readonly beganMs: number;
    readonly endedMs: number;
    readonly isGood: boolean;
    /** It left files alone that were still being written. */
    readonly isToBeContinued: boolean;
  } | null;
  /** What has changed since the last one began: when the first, and when the newest was heard of; null where nothing did. */
  readonly changed: { readonly firstMs: number; readonly latestMs: number } | null;
  /** Somebody says what changes. */
  readonly isTold: boolean;
}

/**
 * When the next pass of a mirror begins: at once where there was none; soon after what changed has come to rest, or has not for long; and in
 * full from time to time, more often where nobody says what changes, and where the last one failed.
 */
export const nextPassAt = ({ everyMs, last, changed, isTold }: Passes, pace: PhonePace): number => {
  if (last === null) return 0;
  const { beganMs, endedMs, isGood, isToBeContinued } = last;
  const tookMs = Math.max(0, endedMs - beganMs);
  const usual = endedMs + Math.max(everyMs, tookMs * stretch);
  const full = isTold && isGood ? Math.max(beganMs + pace.fullMs, usual) : usual;
  // A slow disk is not kept busy by a phone that sends all day.
  const soonest = Math.max(beganMs + pace.gapMs, endedMs + tookMs);
  const heard = changed === null ? full : Math.min(changed.latestMs + pace.quietMs, changed.firstMs + pace.gapMs);
  const continued = isToBeContinued ? soonest : full;
  return Math.max(Math.min(full, heard, continued), soonest);
};

/** When a backup is woken again that was woken at `endedMs`: when it asked to be, but within the usual time; and never in a hurry. */
export const nextWakeAt = (
  { endedMs, nextAtMs }: { readonly endedMs: number; readonly nextAtMs: number | null },
  { wakeMs, gapMs }: PhonePace,
): number => Math.min(Math.max(nextAtMs ?? Number.POSITIVE_INFINITY, endedMs + gapMs), endedMs + wakeMs);
