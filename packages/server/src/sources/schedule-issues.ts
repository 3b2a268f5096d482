import { formatDuration } from '@berth/common/duration.ts';
import { formatWindow } from '../coordinator/plan/window.ts';
import { type Schedule, scheduleOf, usualOverdueMs } from './schedule.ts';
import type { WrittenSchedule } from './schedule-schema.ts';
import type { Access } from './source.ts';

/** What two settings make impossible together, at the one that is to be changed. */
export interface ScheduleIssue {
  readonly field: keyof WrittenSchedule;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** What no setting of `own` alone shows; `all` is what the server says for everyone. */
export const scheduleIssues = (
  own: WrittenSchedule,
  all: WrittenSchedule,
  access: Access,
): readonly ScheduleIssue[] => {
  if (access === 'sftp') return plannedForNobody(own, all);
  const schedule = scheduleOf(own, all);
  return [...narrow(own, schedule), ...soonOverdue(own, schedule), ...keepsNothing(own, schedule)];
};

/** What the server says for everyone, by itself: sources that change nothing would all be wrong in the same way. */
export const serverScheduleIssues = (all: WrittenSchedule): readonly ScheduleIssue[] =>
  scheduleIssues(all, {}, 'restic');

const dayMs = 86_400_000;

/** Several runs a day are spread over the whole of it. */
const narrow = (own: WrittenSchedule, { everyMs, window }: Schedule): readonly ScheduleIssue[] => {
  if (window === null || everyMs >= dayMs) return [];
  const field = own.window !== undefined ? 'window' : own.every !== undefined ? 'every' : null;
  if (field === null) return [];
  const message = `every ${formatDuration(everyMs)} needs the whole day, and the window is ${formatWindow(window)}`;
  const remedy =
    field === 'window'
      ? 'Write window: always, or at least every: 1d.'
      : 'Add window: always beside it, or write at least every: 1d.';
  return [{ field, code: 'window-too-short', message, remedy }];
};

const soonOverdue = (own: WrittenSchedule, { everyMs, overdueAfterMs }: Schedule): readonly ScheduleIssue[] => {
  if (overdueAfterMs >= everyMs) return [];
  const field = own.overdue_after !== undefined ? 'overdue_after' : own.every !== undefined ? 'every' : null;
  if (field === null) return [];
  const usual = formatDuration(usualOverdueMs(everyMs));
  const message =
    field === 'every'
      ? `every ${formatDuration(everyMs)} is less often than the overdue_after of the server, ${formatDuration(overdueAfterMs)}: it would be overdue before its next run`
      : `an overdue_after of ${formatDuration(overdueAfterMs)} is less than every ${formatDuration(everyMs)}: it would be overdue before its next run`;
  const remedy =
    field === 'every'
      ? `Add overdue_after beside it, for example overdue_after: ${usual}.`
      : `Write, for example, overdue_after: ${usual}.`;
  return [{ field, code: 'overdue-too-soon', message, remedy }];
};

const keepsNothing = (own: WrittenSchedule, { policy: { retention } }: Schedule): readonly ScheduleIssue[] => {
  if (own.retention === undefined || retention === null) return [];
  const { daily, weekly, monthly, yearly } = retention;
  if (daily + weekly + monthly + yearly > 0) return [];
  const message = 'this retention keeps nothing but the newest days';
  return [{ field: 'retention', code: 'retention', message, remedy: 'Write at least one, for example daily: 14.' }];
};

/** `every` and `overdue_after` mean something there too: when its silence is red. */
const plannedForNobody = (own: WrittenSchedule, all: WrittenSchedule): readonly ScheduleIssue[] => {
  const fields = (['window', 'retention', 'prune', 'check'] as const).filter((field) => own[field] !== undefined);
  return [
    ...fields.map((field) => {
      const remedy = `Delete ${field}: it is for what the agent does. every and overdue_after say when its silence is red.`;
      return { field, code: 'sftp-plan', message: `${field} means nothing with access: sftp`, remedy };
    }),
    ...soonOverdue(own, scheduleOf(own, all)),
  ];
};
