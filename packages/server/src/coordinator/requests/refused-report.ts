import { keyOf } from '../../events/condition.ts';
import type { Refused } from '../api/refusal.ts';
import type { Entry } from '../entry.ts';
import type { Fleet } from '../fleet.ts';

const about = (entry: Entry) => ({ code: 'report-refused', source: entry.name, subject: null }) as const;

/** A source that sends nothing but rubbish is no reason to write it down each time. */
const sayEveryMs = 5 * 60_000;

/** A report that could not be taken: its agent sets it aside, and the admin is told. */
export const refusedReport = (fleet: Fleet, entry: Entry, { code, message }: Refused): void => {
  const nowMs = fleet.nowMs();
  if (entry.reportRefusedAtMs !== null && nowMs - entry.reportRefusedAtMs < sayEveryMs) return;
  entry.reportRefusedAtMs = nowMs;
  const text = `A report of ${entry.name} was refused (${code}): ${message}`;
  const remedy = 'Look at which berth runs on that machine, and type there: berth status';
  fleet.say({ raise: { ...about(entry), severity: 'warning', text, remedy } });
};

/** One that was taken: what came before is over. */
export const takenReport = (fleet: Fleet, entry: Entry): void => {
  if (entry.reportRefusedAtMs === null) return;
  entry.reportRefusedAtMs = null;
  fleet.say({ resolve: keyOf(about(entry)) });
};

const logEveryMs = 10_000;

/** Says in the log why a request was refused; of many in a short time only the first. */
export const logRefusal = (fleet: Fleet, source: string, { status, code, message }: Refused): void => {
  const entry = fleet.entries.get(source);
  const nowMs = fleet.nowMs();
  if (entry === undefined || nowMs - entry.refusalLoggedAtMs < logEveryMs) return;
  entry.refusalLoggedAtMs = nowMs;
  fleet.log.info({ source, status, code, why: message }, 'refused a request');
};
