import { keyOf } from '../../events/condition.ts';
import type { Refused } from '../api/refusal.ts';
import type { Entry } from '../entry.ts';
import type { Fleet } from '../fleet.ts';

const about = (entry: Entry) => ({ code: 'report-refused', source: entry.name, subject: null }) as const;

/** A report that could not be taken: its agent sets it aside, and the admin is told. */
export const refusedReport = (fleet: Fleet, entry: Entry, { code, message }: Refused): void => {
  if (code === 'too-many') return;
  entry.refusedReport = true;
  const text = `A report of ${entry.name} was refused (${code}): ${message}`;
  const remedy = 'Look at which berth runs on that machine, and type there: berth status';
  fleet.say({ raise: { ...about(entry), severity: 'warning', text, remedy } });
};

/** One that was taken: what came before is over. */
export const takenReport = (fleet: Fleet, entry: Entry): void => {
  if (!entry.refusedReport) return;
  entry.refusedReport = false;
  fleet.say({ resolve: keyOf(about(entry)) });
};
