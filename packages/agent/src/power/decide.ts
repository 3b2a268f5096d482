import type { Skip } from '../config/skip.ts';

/** Why a run that is due waits. */
export type SkipReason = 'on-battery' | 'metered';

/**
 * Whether a run waits, and why. It runs anyway `at_most` after `waitingFrom`: the last success, or, where there was none yet, the moment
 * it first waited. A moment in the future is what a wrong clock wrote, and holds nothing up.
 */
export const skipReason = (
  skip: Skip,
  {
    onBattery,
    metered,
    waitingFrom,
    now,
  }: { readonly onBattery: boolean; readonly metered: boolean; readonly waitingFrom: Date; readonly now: Date },
): SkipReason | null => {
  const waited = now.getTime() - waitingFrom.getTime();
  if (waited < 0 || waited >= skip.at_most) return null;
  if (skip.on_battery && onBattery) return 'on-battery';
  return skip.on_metered && metered ? 'metered' : null;
};

/** The sentence for people. `until` is when the run is made anyway, as text. */
export const skipWords = (reason: string, until: string): string => {
  const why = { 'on-battery': 'this machine runs on its battery', metered: 'the network is metered' }[reason];
  return `A run is due, but ${why ?? reason}: it waits, until ${until} at most. "berth backup" runs now.`;
};
