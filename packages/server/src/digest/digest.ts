import type { ConditionEvent } from '../events/condition.ts';
import type { ConfigChange, Overview } from '../monitor/overview.ts';

/** What a digest is made of. */
export interface DigestFacts {
  readonly overview: Overview;
  /** What it looks back to, in UTC milliseconds: the last digest, or a day. */
  readonly sinceMs: number;
  /** Since then, the oldest first. */
  readonly events: readonly ConditionEvent[];
  /** Whether there may have been more, before them; without it, whether they are as many as are told at most. */
  readonly areEventsCut?: boolean;
  /** What changed in sources.yaml since then, the oldest first. */
  readonly changes: readonly ConfigChange[];
}

/** A digest as it is sent: the verdict, and the same told twice. */
export interface Rendered {
  /** One line, such as `berth: 6 fine, 1 overdue`. */
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}
