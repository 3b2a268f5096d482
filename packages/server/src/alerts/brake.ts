import type { Severity } from '../events/condition.ts';
import type { Alert } from './alert.ts';
import { dayMs, hourMs, minuteMs } from './times.ts';

/**
 * The last line against a flood: so many messages of each severity within an hour are told one by one. What is more is told in one
 * message, and in the next one no sooner than after this pause.
 */
export const limits: Readonly<Record<Severity, { readonly mostAnHour: number; readonly pauseMs: number }>> = {
  critical: { mostAnHour: 20, pauseMs: 10 * minuteMs },
  warning: { mostAnHour: 10, pauseMs: hourMs },
  notice: { mostAnHour: 10, pauseMs: hourMs },
};

/** How many more messages of this severity may be told one by one now. */
export const roomFor = (severity: Severity, alerts: readonly Alert[], nowMs: number): number => {
  const lately = alerts.reduce((sum, alert) => {
    if (alert.severity !== severity || alert.code === together || alert.toldMs === null) return sum;
    return nowMs - alert.toldMs >= hourMs ? sum : sum + alert.recentMs.filter((atMs) => nowMs - atMs < hourMs).length;
  }, 0);
  return Math.max(0, limits[severity].mostAnHour - lately);
};

/** The code of what stands among the alerts for such a message; no condition has it. */
const together = ' together';

/** What remembers when much was last told in one message. */
export const togetherKey = (severity: Severity): string => `${together} ${severity}`;

/** Whether much may be told in one message again. */
export const mayTellTogether = (severity: Severity, alerts: readonly Alert[], nowMs: number): boolean => {
  const last = alerts.find(({ key }) => key === togetherKey(severity));
  return last?.toldMs == null || nowMs - last.toldMs >= limits[severity].pauseMs;
};

/** What is remembered once much has been told in one message, for the `told`th time. */
export const toldTogether = (severity: Severity, told: number, nowMs: number): Alert => ({
  ...{ key: togetherKey(severity), code: together, severity, worst: severity, members: [], sources: [], title: '' },
  ...{ sinceMs: nowMs, seenMs: nowMs, toldMs: nowMs, told, nextMs: null, open: false, soMs: 0, awayMs: nowMs },
  // Nothing joins it.
  joinedMs: nowMs - 2 * dayMs,
  ...{ returns: 0, returnedMs: null, returnsTold: 0, reminders: 0, joins: 0, recentMs: [nowMs] },
});
