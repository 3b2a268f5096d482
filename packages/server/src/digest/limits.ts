/** How much a digest tells. What is left out is counted, and where there is room named. */
export interface Limits {
  /** Sources that are told in full. */
  readonly full: number;
  /** Of the others, how many are named. */
  readonly names: number;
  /** Troubles that are told. */
  readonly needs: number;
  /** Sources of one trouble whose own words are told. */
  readonly each: number;
  /** Groups of events. */
  readonly events: number;
  /** Lines of changes of sources.yaml. */
  readonly changes: number;
  /** Characters of somebody else's words. */
  readonly letters: number;
}

/** From the fullest to the shortest. A digest is told by the first that fits; the last always does. */
export const limitLevels: readonly Limits[] = [
  { full: 36, names: 120, needs: 20, each: 6, events: 20, changes: 30, letters: 600 },
  { full: 24, names: 120, needs: 20, each: 5, events: 15, changes: 20, letters: 400 },
  { full: 12, names: 120, needs: 15, each: 4, events: 12, changes: 12, letters: 300 },
  { full: 6, names: 60, needs: 10, each: 3, events: 8, changes: 8, letters: 200 },
  { full: 3, names: 20, needs: 5, each: 2, events: 5, changes: 5, letters: 100 },
];

/** Gmail shows about 102 KB of HTML and hides the rest behind a link; mail servers may add a little. */
export const longestHtml = 96 * 1024;
