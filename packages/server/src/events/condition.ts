import { z } from 'zod';

export const severities = ['notice', 'warning', 'critical'] as const;
/** `notice`: nothing to do. `warning`: look at it today. `critical`: data is in danger, or no longer protected. */
export type Severity = (typeof severities)[number];

/**
 * What the coordinator finds to be so. The supervisor takes these of it and no others: it reads what sources report, and
 * must not be able to hush up a mass deletion.
 */
export const coordinatorCodes = [
  'overdue',
  'run-failing',
  'storage-unreadable',
  'report-doubted',
  'report-refused',
  'run-stuck',
  'plan-tight',
  'coordinator-state',
] as const;
export type CoordinatorCode = (typeof coordinatorCodes)[number];

/** What the monitor finds to be so; the supervisor takes these of it and no others. */
export const monitorCodes = ['digest-unsent', 'channel-failing', 'page-down'] as const;
export type MonitorCode = (typeof monitorCodes)[number];

/** What the server finds to be so of a phone: what Syncthing says, what its folder is, and how its mirror goes. */
export const phoneCodes = [
  'syncthing-down',
  'syncthing-refused',
  'syncthing-paused',
  'syncthing-trouble',
  'phone-unseen',
  'ingest-missing',
  'ingest-unreadable',
  'mirror-stuck',
  'phone-deletes',
] as const;
export type PhoneCode = (typeof phoneCodes)[number];

/** What can be so. A code never changes its meaning; programs may go by it. */
export const conditionCodes = [
  ...coordinatorCodes,
  ...monitorCodes,
  ...phoneCodes,
  'coordinator-down',
  'monitor-down',
  'config-refused',
  'host-key-changed',
  'mass-delete',
  'snapshot-burst',
  'backdated-churn',
  'quota-80',
  'quota-95',
  'bit-rot',
  'bad-object-stays',
  'disk-failing',
  'job-failed',
  'clock-jump',
  'disk-floor',
  'disk-full-soon',
  'file-broken',
] as const;
export type ConditionCode = (typeof conditionCodes)[number];

const instant = z.iso.datetime();

const about = z.object({
  /** `code`, then the source and the object it is about, where it is about one: `bit-rot:laptop:data/ab12…`. */
  key: z.string().min(1),
  code: z.string().min(1),
  /** Null for what is about the whole server. */
  source: z.string().nullable(),
  severity: z.enum(severities),
  /** What is so, a sentence or two for a person. */
  text: z.string(),
  /** What to do. */
  remedy: z.string(),
});

/** Something that is so, from when it was first seen until it no longer is. Times are UTC, ISO 8601. */
export const conditionSchema = about.extend({ since: instant, changedAt: instant });
export type Condition = z.infer<typeof conditionSchema>;

/** Something that happened to a condition. One alert is one event. */
export const eventSchema = about.extend({
  version: z.literal(1),
  at: instant,
  /** `worse` and `better`: it is still so, and its severity has changed. */
  event: z.enum(['raised', 'worse', 'better', 'resolved']),
  /** How long it has been so. */
  openMs: z.int().nonnegative(),
});
export type ConditionEvent = z.infer<typeof eventSchema>;

/** What somebody found to be so. */
export interface Raised {
  readonly code: ConditionCode;
  readonly source: string | null;
  /** The one thing of many that it is about, such as an object or a job; null where there is only one. */
  readonly subject: string | null;
  readonly severity: Severity;
  readonly text: string;
  readonly remedy: string;
}

/** What becomes of conditions: one is so, or is no longer. Saying either twice is saying it once. */
export type Word = { readonly raise: Raised } | { readonly resolve: string };

/** By what a condition is known. */
export const keyOf = ({ code, source, subject }: Pick<Raised, 'code' | 'source' | 'subject'>): string =>
  [code, ...(source === null && subject === null ? [] : [source ?? '']), ...(subject === null ? [] : [subject])].join(
    ':',
  );

/**
 * What `words` make of the open conditions at `at` (UTC milliseconds), and which events that is. One that is raised
 * again keeps its beginning; only another severity is an event.
 */
export const decide = (
  open: readonly Condition[],
  words: readonly Word[],
  at: number,
): { readonly open: readonly Condition[]; readonly events: readonly ConditionEvent[]; readonly changed: boolean } => {
  const byKey = new Map(open.map((condition) => [condition.key, condition]));
  const events: ConditionEvent[] = [];
  let changed = false;
  for (const word of words) {
    if ('resolve' in word) {
      const known = byKey.get(word.resolve);
      if (known === undefined) continue;
      byKey.delete(word.resolve);
      events.push(eventOf(known, 'resolved', at));
    } else {
      const key = keyOf(word.raise);
      const known = byKey.get(key);
      const next = conditionOf(word.raise, known, at);
      if (known !== undefined && isSame(known, next)) continue;
      byKey.set(key, next);
      if (known === undefined) events.push(eventOf(next, 'raised', at));
      else if (known.severity !== next.severity) events.push(eventOf(next, turn(known, next), at));
    }
    changed = true;
  }
  return { open: [...byKey.values()], events, changed };
};

const conditionOf = (raised: Raised, known: Condition | undefined, at: number): Condition => {
  const now = new Date(at).toISOString();
  const { code, source, severity } = raised;
  const [text, remedy] = [plain(raised.text), plain(raised.remedy)];
  return { key: keyOf(raised), code, source, severity, text, remedy, since: known?.since ?? now, changedAt: now };
};

const eventOf = (condition: Condition, event: ConditionEvent['event'], at: number): ConditionEvent => {
  const { since, changedAt: _, ...about } = condition;
  // A clock that went back makes no negative time.
  const openMs = Math.max(0, at - Date.parse(since));
  return { version: 1, at: new Date(at).toISOString(), event, ...about, openMs };
};

const isSame = (known: Condition, next: Condition): boolean =>
  known.text === next.text && known.remedy === next.remedy && known.severity === next.severity;

const turn = (known: Condition, next: Condition): 'worse' | 'better' =>
  severities.indexOf(next.severity) > severities.indexOf(known.severity) ? 'worse' : 'better';

const longest = 2000;

/**
 * Part of it may be the words of a job, which has read what a source wrote: no control characters reach a terminal or a
 * mail, and nobody fills the disk with it.
 */
const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, longest);
