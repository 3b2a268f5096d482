import type { Overview } from '../monitor/overview.ts';

/** One number under some labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * What one name of ours means: a gauge, since everything here is how it is now. What is not known has no sample, never a 0.
 * Names follow https://prometheus.io/docs/practices/naming/: base units, and the unit at the end.
 */
export interface Measure {
  readonly name: `berth_${string}`;
  readonly help: string;
  readonly labels: readonly string[];
  readonly samples: (overview: Overview) => readonly Sample[];
}

/** UTC milliseconds, or a length in them, as Prometheus counts them. */
export const seconds = (ms: number): number => ms / 1000;

/** As `seconds`, where there may be none. */
export const secondsOrNone = (ms: number | null): number | null => (ms === null ? null : seconds(ms));

/** 1 for what is so. */
export const flag = (is: boolean): number => (is ? 1 : 0);
