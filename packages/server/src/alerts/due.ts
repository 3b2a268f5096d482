import { type Condition, type Severity, severities } from '../events/condition.ts';
import type { Member } from './alert.ts';
import type { Followed } from './follow.ts';
import { isUrgent, ruleOf } from './rules.ts';
import { dayMs, hourMs, minuteMs } from './times.ts';

/** Why people are told of an alert now. */
export type Reason = 'begun' | 'again' | 'worse' | 'joined' | 'flapping' | 'still' | 'over';

/** What is due of one alert. */
export interface Due {
  readonly reason: Reason;
  /** How bad what is told is. */
  readonly severity: Severity;
}

/** So long it must have been away before it is called over. */
const overMs = 15 * minuteMs;
/** So long after the last message people are told that somebody joined, or that it comes and goes; of joining, each time twice that. */
const soonMs: Readonly<Record<Severity, number>> = { critical: 15 * minuteMs, warning: hourMs, notice: hourMs };
const joinedMostMs = 8 * hourMs;
/** More often it has come back than that, and it comes and goes. */
const returnsMost = 2;
/**
 * Of five messages a day two are kept for what may not wait: that it is so again, and that it is worse. So an end is told, of what comes
 * and goes, only while there have been at most two.
 */
const leisureMost = 2;
const remindersMost = 3;

/** What is due of an alert at `nowMs`, null for nothing. Of what people do not know yet they are told as soon as its deadline allows. */
export const dueOf = ({ alert, now }: Followed, isQuietNow: boolean, nowMs: number): Due | null => {
  const lately = alert.recentMs.length;
  if (now.length === 0) {
    if (!alert.open || alert.awayMs === null || nowMs - alert.awayMs < overMs) return null;
    if (alert.returns > 0 && lately > leisureMost) return null;
    return isQuietNow && !isUrgent(alert.worst) ? null : { reason: 'over', severity: alert.worst };
  }
  const severity = worstOf(now);
  const told = (reason: Reason): Due | null => (isQuietNow && !isUrgent(severity) ? null : { reason, severity });
  if (!alert.open) {
    if (alert.soMs < ruleOf(alert.code, severity).deadlineMs) return null;
    return told(isAgain(alert.members) ? 'again' : 'begun');
  }
  if (isWorse(severity, alert.severity)) return told('worse');
  const sinceToldMs = nowMs - (alert.toldMs ?? nowMs);
  if (sinceToldMs >= minuteMs && hasJoined({ alert, now }, isQuietNow, sinceToldMs, nowMs)) return told('joined');
  // Who was woken by it knows; being told again can wait for the morning.
  if (isQuietNow) return null;
  if (comesAndGoes(alert) && alert.returnsTold <= returnsMost && sinceToldMs >= hourMs && lately <= leisureMost)
    return { reason: 'flapping', severity };
  if (alert.nextMs === null || nowMs < alert.nextMs) return null;
  return lately <= (alert.returns > 0 ? leisureMost : remindersMost) ? { reason: 'still', severity } : null;
};

/** Whether it has come back more than now and then. */
export const comesAndGoes = ({ returns }: { readonly returns: number }): boolean => returns > returnsMost;

/** The worst of these; `notice` for none. */
export const worstOf = (conditions: readonly Pick<Condition, 'severity'>[]): Severity =>
  conditions.reduce<Severity>((worst, { severity }) => (isWorse(severity, worst) ? severity : worst), 'notice');

/** Whether the first is worse than the second. */
export const isWorse = (one: Severity, other: Severity): boolean => severities.indexOf(one) > severities.indexOf(other);

/** After how long it is told again that it is still so, for the how-manieth time. */
export const reminderPauseMs = (remindMs: number, reminders: number): number => {
  const firstMs = Math.max(minuteMs, remindMs);
  return Math.min(firstMs * 2 ** Math.min(reminders, 30), Math.max(firstMs, 8 * dayMs));
};

const isAgain = (members: readonly Member[]): boolean => members.some((one) => one.told && one.awayMs === null);

/** Whether some have joined that people do not know of, for as long as their deadline, and long enough after the last message. */
const hasJoined = ({ alert, now }: Followed, isQuietNow: boolean, sinceToldMs: number, nowMs: number): boolean => {
  if (alert.members.every(({ told }) => told)) return false;
  const unknown = new Map(alert.members.filter(({ told }) => !told).map((one) => [one.key, one]));
  return now.some(({ key, severity }) => {
    const member = unknown.get(key);
    if (member === undefined || (isQuietNow && !isUrgent(severity))) return false;
    const pauseMs = Math.min(soonMs[severity] * 2 ** Math.min(alert.joins, 10), joinedMostMs);
    return sinceToldMs >= pauseMs && nowMs - member.sinceMs >= ruleOf(alert.code, severity).deadlineMs;
  });
};
