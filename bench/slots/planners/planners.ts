import type { Fleet } from '../fleet.ts';
import type { World } from '../world.ts';
import { type BerthNotes, playBerth } from './berth.ts';
import { jitter, manual, playTimers } from './timers.ts';

/** A way to decide when each machine runs. */
export interface Planner {
  readonly name: 'berth' | 'jitter' | 'manual';
  /** What sets it apart from the strongest of its name, which alone counts in the result; null for that one. */
  readonly variant: string | null;
  play(fleet: Fleet, notes: BerthNotes): (world: World) => void;
}

/**
 * The strongest form of each peer stands for it in the result: a delay as wide as the window has the lowest peak, and a
 * crontab that starts on waking what it slept through has the least lateness. The others are shown beside them.
 */
export const planners: readonly Planner[] = [
  { name: 'berth', variant: null, play: playBerth },
  { name: 'jitter', variant: null, play: (fleet) => playTimers(fleet, jitter(fleet, 1)) },
  { name: 'jitter', variant: 'of 1/8 of the window', play: (fleet) => playTimers(fleet, jitter(fleet, 1 / 8)) },
  { name: 'manual', variant: null, play: (fleet) => playTimers(fleet, manual(fleet, true)) },
  { name: 'manual', variant: 'by plain cron', play: (fleet) => playTimers(fleet, manual(fleet, false)) },
];
