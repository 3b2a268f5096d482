import type { ConditionCode, Severity } from '../events/condition.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** How people are told of the conditions of one code. */
export interface Rule {
  /** For how long it must be so before anyone is told: what heals itself wakes nobody. */
  readonly deadlineMs: number;
  /**
   * What several of them are called by, when they are one alert: the sources, or what the conditions are about (a channel, a file).
   * `server`: there is only one.
   */
  readonly about: 'sources' | 'subjects' | 'server';
  /** What is so, after the name of one and of several; by itself, for the server. Where both are the same, one. */
  readonly what: string | readonly [one: string, several: string];
}

const ofSources = (deadlineMs: number, one: string, several = one): Rule => ({
  deadlineMs,
  about: 'sources',
  what: [one, several],
});
const ofServer = (deadlineMs: number, what: string): Rule => ({ deadlineMs, about: 'server', what });

/** Every code that is known. Who is told follows from the condition's severity, and each channel's. */
export const rules: Readonly<Record<ConditionCode, Rule>> = {
  overdue: ofSources(minuteMs, 'is overdue', 'are overdue'),
  'run-failing': ofSources(15 * minuteMs, 'fails to back up', 'fail to back up'),
  'storage-unreadable': ofSources(minuteMs, 'can not be read on the server', 'can not be read on the server'),
  'report-doubted': ofSources(
    15 * minuteMs,
    'reports backups that did not arrive',
    'report backups that did not arrive',
  ),
  'report-refused': ofSources(15 * minuteMs, 'sends reports that are refused', 'send reports that are refused'),
  'run-stuck': ofSources(15 * minuteMs, 'stands still in its backup', 'stand still in their backups'),
  'plan-tight': ofServer(hourMs, 'The windows are too short for all backups'),
  'coordinator-state': ofServer(2 * minuteMs, 'What the coordinator knows was damaged'),
  'digest-unsent': ofServer(0, 'The digest could not be sent'),
  'channel-failing': {
    deadlineMs: 5 * minuteMs,
    about: 'subjects',
    what: ['does not take messages', 'do not take messages'],
  },
  'page-down': ofServer(5 * minuteMs, 'The status page can not be served'),
  'coordinator-down': ofServer(5 * minuteMs, 'The coordinator does not run'),
  'monitor-down': ofServer(5 * minuteMs, 'The monitor does not stay up'),
  'config-refused': ofServer(2 * minuteMs, 'sources.yaml is refused'),
  'host-key-changed': ofServer(0, 'The host key has changed'),
  'mass-delete': ofSources(0, 'has deleted much at once', 'have deleted much at once'),
  'snapshot-burst': ofSources(2 * minuteMs, 'made unusually many snapshots'),
  'backdated-churn': ofSources(2 * minuteMs, 'removed snapshots while as many new ones came'),
  'quota-80': ofSources(15 * minuteMs, 'has used most of its quota', 'have used most of their quotas'),
  'quota-95': ofSources(2 * minuteMs, 'has used up its quota', 'have used up their quotas'),
  'bit-rot': ofSources(minuteMs, 'has damaged files', 'have damaged files'),
  'bad-object-stays': ofSources(minuteMs, 'has damaged files', 'have damaged files'),
  'disk-failing': ofSources(0, 'meets a failing disk', 'meet a failing disk'),
  'job-failed': ofSources(
    15 * minuteMs,
    'can not be looked after by the server',
    'can not be looked after by the server',
  ),
  'clock-jump': ofServer(2 * minuteMs, "The server's clock has jumped"),
  'disk-floor': ofServer(2 * minuteMs, 'The disk is full'),
  'disk-full-soon': ofServer(15 * minuteMs, 'The disk is nearly full'),
  'file-broken': { deadlineMs: minuteMs, about: 'subjects', what: ['was damaged', 'were damaged'] },
};

/** For codes that the table does not know, by severity; and no code waits longer than its severity allows. */
const waits: Readonly<Record<Severity, { readonly usualMs: number; readonly mostMs: number }>> = {
  critical: { usualMs: minuteMs, mostMs: 2 * minuteMs },
  warning: { usualMs: 15 * minuteMs, mostMs: hourMs },
  notice: { usualMs: 15 * minuteMs, mostMs: hourMs },
};

const known: ReadonlyMap<string, Rule> = new Map(Object.entries(rules));

/** The rule of a code, as it is for a condition that is so bad. */
export const ruleOf = (code: string, severity: Severity): Rule => {
  const { usualMs, mostMs } = waits[severity];
  const rule = known.get(code);
  if (rule === undefined) return { ...ofSources(usualMs, `has a trouble: ${code}`, `have a trouble: ${code}`) };
  return rule.deadlineMs <= mostMs ? rule : { ...rule, deadlineMs: mostMs };
};

/** Whether it is told in quiet hours too. */
export const isUrgent = (severity: Severity): boolean => severity === 'critical';
