import { formatDuration } from '@berth/common/duration.ts';
import { formatWindow } from '../coordinator/plan/window.ts';
import { said } from './change.ts';
import type { ScheduleChanges } from './diff.ts';
import type { Schedule } from './schedule.ts';
import { span } from './schedule-schema.ts';

/** How often, and in which hours: `every 1d in 22:00-06:00`. */
export const scheduleWord = ({ everyMs, window }: Pick<Schedule, 'everyMs' | 'window'>): string =>
  `every ${formatDuration(everyMs)}${window === null ? '' : ` in ${formatWindow(window)}`}`;

/** What changes of when a source runs and of what is asked of its runs, one effect a line; none where nothing does. */
export const describeSchedule = (name: string, changes: ScheduleChanges): readonly string[] => [
  ...said(`${name}: every`, changes.everyMs, formatDuration),
  ...said(`${name}: window`, changes.window, (window) => (window === null ? 'always' : formatWindow(window))),
  ...said(`${name}: overdue_after`, changes.overdueAfterMs, formatDuration),
  ...said(`${name}: retention`, changes.retention, retentionWord),
  ...said(`${name}: prune`, changes.prune, pruneWord),
  ...said(`${name}: check`, changes.check, checkWord),
];

type Policy = Schedule['policy'];

/** What the machine has to keep at least: `daily 14, weekly 8, monthly 12, yearly 3, all within 2d`. */
export const retentionWord = (retention: Policy['retention']): string => {
  if (retention === null) return ofAgent;
  const { keepWithinMs, ...counts } = retention;
  const kept = Object.entries(counts).map(([what, count]) => `${what} ${count}`);
  return `${kept.join(', ')}, all within ${formatDuration(span(keepWithinMs))}`;
};

export const pruneWord = (prune: Policy['prune']): string =>
  prune === null ? ofAgent : `every ${formatDuration(span(prune.everyMs))}`;

export const checkWord = (check: Policy['check']): string =>
  check === null ? ofAgent : `every ${formatDuration(span(check.everyMs))}, ${check.sharePercent}% of the data`;

const ofAgent = 'as its agent.yaml says';
