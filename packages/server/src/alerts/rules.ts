import type { ConditionCode, Severity } from '../events/condition.ts';
import { hourMs, minuteMs } from './times.ts';

/** How people are told of the conditions of one code. */
export interface Rule {
  /** For how long it must be so before anyone is told: what heals itself wakes nobody. */
  readonly deadlineMs: number;
  /**
   * What several of them are, which are told as one alert: `sources`, or `parts` of the server, such as channels or files. `server`: there
   * is only ever one.
   */
  readonly about: 'sources' | 'parts' | 'server';
}

const ofSources = (minutes: number): Rule => ({ deadlineMs: minutes * minuteMs, about: 'sources' });
const ofParts = (minutes: number): Rule => ({ deadlineMs: minutes * minuteMs, about: 'parts' });
const ofServer = (minutes: number): Rule => ({ deadlineMs: minutes * minuteMs, about: 'server' });

/** Every code that is known, with its deadline in minutes. Who is told follows from the condition's severity, and each channel's. */
export const rules: Readonly<Record<ConditionCode, Rule>> = {
  overdue: ofSources(1),
  'storage-unreadable': ofSources(1),
  'run-failing': ofSources(15),
  'run-stuck': ofSources(15),
  'report-doubted': ofSources(15),
  'report-refused': ofSources(15),
  'mass-delete': ofSources(0),
  'snapshot-burst': ofSources(2),
  'backdated-churn': ofSources(2),
  'quota-80': ofSources(15),
  'quota-95': ofSources(2),
  'bit-rot': ofSources(1),
  'bad-object-stays': ofSources(1),
  'disk-failing': ofSources(0),
  'job-failed': ofSources(15),
  'syncthing-down': ofSources(60),
  'syncthing-refused': ofSources(5),
  'syncthing-paused': ofSources(60),
  'syncthing-trouble': ofSources(60),
  'phone-unseen': ofSources(1),
  'ingest-missing': ofSources(15),
  'ingest-unreadable': ofSources(15),
  'mirror-stuck': ofSources(15),
  'phone-deletes': ofSources(2),
  'disk-floor': ofServer(2),
  'disk-full-soon': ofServer(15),
  'host-key-changed': ofServer(0),
  'clock-jump': ofServer(2),
  'config-refused': ofServer(2),
  'plan-tight': ofServer(60),
  'coordinator-down': ofServer(5),
  'coordinator-state': ofServer(2),
  'monitor-down': ofServer(5),
  'page-down': ofServer(5),
  // It has waited for an hour already.
  'digest-unsent': ofServer(0),
  'channel-failing': ofParts(5),
  'file-broken': ofParts(1),
};

/** For codes that the table does not know, by severity; and none waits longer than its severity allows. */
export const waits: Readonly<Record<Severity, { readonly usualMs: number; readonly mostMs: number }>> = {
  critical: { usualMs: minuteMs, mostMs: 2 * minuteMs },
  warning: { usualMs: 15 * minuteMs, mostMs: hourMs },
  notice: { usualMs: 15 * minuteMs, mostMs: hourMs },
};

const known: ReadonlyMap<string, Rule> = new Map(Object.entries(rules));

/** The rule of a code, as it is for a condition that is so bad. */
export const ruleOf = (code: string, severity: Severity): Rule => {
  const { usualMs, mostMs } = waits[severity];
  const { deadlineMs, about } = known.get(code) ?? { deadlineMs: usualMs, about: 'sources' };
  return { deadlineMs: Math.min(deadlineMs, mostMs), about };
};

/** Whether it is told in quiet hours too. */
export const isUrgent = (severity: Severity): boolean => severity === 'critical';
