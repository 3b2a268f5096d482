import { createHash } from 'node:crypto';
import type { Message } from '../channels/channel.ts';
import { type Condition, type Severity, severities } from '../events/condition.ts';
import type { Alert } from './alert.ts';
import { mayTellTogether, roomFor, togetherKey, toldTogether } from './brake.ts';
import { type Due, dueOf, isWorse, reminderPauseMs } from './due.ts';
import { type Followed, follow } from './follow.ts';
import { isQuiet } from './quiet.ts';
import { minuteMs } from './times.ts';
import { shortWords, togetherWords, type Words, wordsOf } from './words.ts';

/** What is decided from. */
export interface Situation {
  /** As the last decision left them. */
  readonly alerts: readonly Alert[];
  /** All that is so now. */
  readonly conditions: readonly Condition[];
  /** Minutes after midnight; null for no quiet hours. */
  readonly quiet: { readonly from: number; readonly to: number } | null;
  /** IANA name. */
  readonly timeZone: string;
  /** After how long people are told again of what stays so. */
  readonly remindMs: number;
  /** Where people look; null where there is no page. */
  readonly pageUrl: string | null;
  /** UTC milliseconds. */
  readonly nowMs: number;
}

/** What is to be kept and to be told. */
export interface Decision {
  readonly alerts: readonly Alert[];
  /** For the outbox, in order, before `alerts` are saved: told twice is better than not at all, and it knows a message by its id. */
  readonly messages: readonly Message[];
  /** Whether `alerts` are worth saving: they always differ a little. */
  readonly changed: boolean;
}

/** What differs in less than that since it was saved is lost without harm. */
const saveEveryMs = 10 * minuteMs;

/**
 * What people are to be told now. Asked whenever the conditions have changed, and once a second or so, for deadlines; asked more often
 * or after a restart it says the same.
 */
export const decide = (situation: Situation): Decision => {
  const { alerts, conditions, nowMs } = situation;
  const { followed, changed } = follow(alerts, conditions, nowMs);
  const isQuietNow = isQuiet(situation.quiet, situation.timeZone, nowMs);
  const told = followed.flatMap((one) => {
    const due = dueOf(one, isQuietNow, nowMs);
    return due === null ? [] : [{ ...one, due }];
  });
  const isStale = alerts.some(({ seenMs }) => Math.floor(seenMs / saveEveryMs) !== Math.floor(nowMs / saveEveryMs));
  const current = followed.map(({ alert }) => alert);
  if (told.length === 0) return { alerts: current, messages: [], changed: changed || isStale };

  const messages: Message[] = [];
  const after = new Map<string, Alert>(current.map((alert) => [alert.key, alert]));
  for (const severity of severities.toReversed()) {
    const candidates = told.filter(({ due }) => due.severity === severity);
    if (candidates.length === 0) continue;
    const alone = roomFor(severity, current, nowMs);
    const rest = candidates.slice(alone);
    const isRestTold = rest.length > 0 && mayTellTogether(severity, current, nowMs);
    messages.push(...candidates.slice(0, alone).map((one) => messageOf(one, situation)));
    if (isRestTold) messages.push(togetherMessage(rest, severity, situation));
    for (const one of isRestTold ? candidates : candidates.slice(0, alone))
      after.set(one.alert.key, toldOf(one, situation));
    if (!isRestTold) continue;
    const key = togetherKey(severity);
    after.set(key, toldTogether(severity, (after.get(key)?.told ?? 0) + 1, nowMs));
  }
  return { alerts: [...after.values()], messages, changed: true };
};

interface Candidate extends Followed {
  readonly due: Due;
}

/** By which the messages of one alert are known: a hash, because some services take it for part of a URL or of a mail's header. */
const threadOf = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 20);

const kinds = { begun: 'raised', again: 'raised', worse: 'raised', over: 'resolved' } as const;
const kindOf = (reason: Due['reason']): Message['kind'] =>
  reason === 'joined' || reason === 'flapping' || reason === 'still' ? 'reminder' : kinds[reason];

/** A message names no more sources than that one by one. */
const sourcesMost = 100;

const messageOf = (one: Candidate, situation: Situation): Message => {
  const { alert, now, due } = one;
  const sources = now.length === 0 ? alert.sources : [...new Set(now.flatMap(({ source }) => source ?? []))];
  const thread = threadOf(alert.key);
  return {
    ...{ id: `${thread}.${alert.told + 1}`, thread, kind: kindOf(due.reason), severity: due.severity },
    ...wordsOf(one, due, readingOf(situation)),
    ...{ code: alert.code, sources: sources.slice(0, sourcesMost), atMs: situation.nowMs },
    ...{ url: pageOf(situation.pageUrl, sources), mail: null },
  };
};

/** Where to look: at the one source it is about, or at all of them. */
const pageOf = (pageUrl: string | null, [only, ...others]: readonly string[]): string | null =>
  pageUrl === null || only === undefined || others.length > 0
    ? pageUrl
    : `${pageUrl.replace(/\/$/, '')}/sources/${encodeURIComponent(only)}`;

const togetherMessage = (rest: readonly Candidate[], severity: Severity, situation: Situation): Message => {
  const [only] = rest;
  // A message that says "1 more" is no better than its own.
  if (rest.length === 1 && only !== undefined) return messageOf(only, situation);
  const lines = rest.map((one) => ({ title: shortWords(one, severity), isOver: one.due.reason === 'over' }));
  const words: Words = togetherWords(lines, readingOf(situation));
  const reasons = rest.map(({ due }) => kindOf(due.reason));
  const kind = (['raised', 'reminder'] as const).find((one) => reasons.includes(one)) ?? 'resolved';
  return {
    ...{ id: threadOf(`${togetherKey(severity)} ${situation.nowMs}`), kind, severity, ...words },
    ...{ code: null, sources: [], atMs: situation.nowMs, url: situation.pageUrl, mail: null },
  };
};

const readingOf = ({ timeZone, nowMs, pageUrl }: Situation) => ({ timeZone, nowMs, hasPage: pageUrl !== null });

/** The alert once people have been told. */
const toldOf = ({ alert, now, due }: Candidate, { remindMs, nowMs }: Situation): Alert => {
  const isOver = due.reason === 'over';
  const isNew = !alert.open;
  const reminders = isOver || isNew ? 0 : alert.reminders + (due.reason === 'still' ? 1 : 0);
  const so = new Set(now.map(({ key }) => key));
  return {
    ...alert,
    severity: due.severity,
    worst: isNew || isWorse(due.severity, alert.worst) ? due.severity : alert.worst,
    title: shortWords({ alert, now }, due.severity),
    members: alert.members.map((one) => (so.has(one.key) && !one.told ? { ...one, told: true } : one)),
    ...{ toldMs: nowMs, told: alert.told + 1, open: !isOver, reminders },
    nextMs: isOver ? null : nowMs + reminderPauseMs(remindMs, reminders),
    // What is over has to last its deadline anew.
    soMs: isOver ? 0 : alert.soMs,
    returnsTold: alert.returns,
    joins: isOver || isNew ? 0 : alert.joins + (due.reason === 'joined' ? 1 : 0),
    recentMs: [...alert.recentMs, nowMs],
  };
};
