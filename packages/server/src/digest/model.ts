import type { Severity } from '../events/condition.ts';
import type { TrendDay } from '../monitor/overview.ts';
import type { Standing, Tone } from './standing.ts';

/**
 * What a digest says, decided once for both parts, so that they never differ. All of it is plain text of one line each, without control
 * characters; each part escapes it for its own medium.
 */
export interface DigestModel {
  /** At most 120 characters: `berth: 6 fine, 1 overdue`. */
  readonly subject: string;
  readonly tone: Tone;
  /** Whether anything needs doing, in a few words: `1 thing needs doing now`. */
  readonly headline: string;
  /** `7 sources: 6 fine, 1 overdue`. */
  readonly counts: string;
  readonly server: string;
  /** `Saturday 21 November 2026, 07:00`, and whose clock that is. */
  readonly now: string;
  readonly timeZone: string;
  /** Where to look; null without a page. */
  readonly url: string | null;
  /** The worst first. */
  readonly needs: readonly Need[];
  /** How many more there are. */
  readonly moreNeeds: number;
  /** In full: those in trouble first, the worst of them first, then the others in the order of sources.yaml. */
  readonly sources: readonly SourceStory[];
  /** Those that are not told in full. */
  readonly others: readonly { readonly standing: Standing; readonly words: string }[];
  /** What it looks back to. */
  readonly since: string;
  readonly events: readonly EventStory[];
  readonly moreEvents: number;
  /** Since when events are told, where they are not all; null where they are. */
  readonly eventsNote: string | null;
  readonly storage: StorageStory;
  readonly changes: readonly { readonly at: string; readonly lines: readonly string[] }[];
  readonly moreChanges: number;
  /** Who speaks, and what it means when it does not. */
  readonly footer: readonly string[];
}

/** One thing that needs doing, for one source, several or the server itself. */
export interface Need {
  readonly severity: Severity;
  readonly title: string;
  /** What is so, a line each; with their names where it is several sources. */
  readonly texts: readonly string[];
  readonly since: string;
  /** What to do, one each. */
  readonly remedies: readonly string[];
  /** As the subject says it; null for what the states in it say already. */
  readonly short: string | null;
  readonly sources: readonly string[];
}

export interface SourceStory {
  readonly name: string;
  readonly standing: Standing;
  /** Why; null when it is fine. */
  readonly words: string | null;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly trend: readonly TrendDay[];
  /** The same in words. */
  readonly trendWords: string;
}

export interface EventStory {
  readonly tone: Tone;
  /** `still so`, `over`. */
  readonly state: string;
  readonly title: string;
  /** `raised 4 times, 2h in all`. */
  readonly words: string;
}

export interface StorageStory {
  /** Rounded down; null where it can not be read. */
  readonly usedPercent: number | null;
  readonly lines: readonly string[];
}
