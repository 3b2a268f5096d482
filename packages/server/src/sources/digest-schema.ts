import { accepted, type Parsed, quoted, refused } from '@berth/common/parsed.ts';
import { z } from 'zod';
import { formatClock, minuteOf, minutesADay, readClock } from '../coordinator/plan/clock-time.ts';
import { parseWindow, type Window } from '../coordinator/plan/window.ts';
import { span, spanFrom, written } from './schedule-schema.ts';

const timeOf = (text: string): Parsed<number> => {
  const match = /^(\d{1,2}):(\d{2})$/.exec(text);
  const minute = minuteOf(match?.[1], match?.[2]);
  if (minute !== null && minute < minutesADay) return accepted(minute);
  const meant = readClock(text);
  const remedy =
    meant === null
      ? "Write a time of the day by the clock of the server, for example at: '06:00'."
      : `Write at: '${formatClock(meant % minutesADay)}'.`;
  return refused('time-of-day', `${quoted(text)} is no time of the day`, remedy);
};

const quietOf = (text: string): Parsed<Window> => {
  if (/^(none|never|no|off|always|all day|24\/7)$/i.test(text.trim())) {
    const remedy = "Delete quiet where no hours are quiet, or write some, for example quiet: '22:00-07:00'.";
    return refused('quiet', `${quoted(text)} are no hours`, remedy);
  }
  const parsed = parseWindow(text);
  if (parsed.ok) return parsed;
  const meant = /^Write (\d\d:\d\d-\d\d:\d\d)\.$/.exec(parsed.remedy)?.[1] ?? '22:00-07:00';
  return refused(
    'quiet',
    `${quoted(text)} are no hours from one time to another`,
    `Write, for example, quiet: '${meant}'.`,
  );
};

const hourMs = 3_600_000;
const remindOf = spanFrom('remind', span(hourMs), span(30 * 24 * hourMs), 'is more often than anybody reads');

/** When the daily mail is made. */
export const digest = z
  .strictObject({ at: written(timeOf, "at: '06:00'").optional() })
  .meta({ example: "digest: { at: '06:00' }" });

/** When people are told. */
export const alerts = z
  .strictObject({
    quiet: written(quietOf, "quiet: '22:00-07:00'").optional(),
    remind: written(remindOf, 'remind: 1d').optional(),
  })
  .meta({ example: "alerts: { quiet: '22:00-07:00' }" });
