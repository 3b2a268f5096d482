import { keyOf } from '../../events/condition.ts';
import type { Refused } from '../api/refusal.ts';
import type { Entry } from '../entry.ts';
import type { Fleet } from '../fleet.ts';
import type { RaisedWord } from '../words.ts';

/** Whether the last report of a source could be taken, what was said of it, and when. */
export interface ReportRefusal {
  /** Null when the last that came was taken, undefined while none has come since the coordinator began. */
  readonly isSo: RaisedWord | null | undefined;
  /** The words of the condition that is raised; null when none is, undefined where the last coordinator may have raised one. */
  readonly said: string | null | undefined;
  readonly raisedAtMs: number;
  readonly resolvedAtMs: number;
}

const never = Number.NEGATIVE_INFINITY;
/** After a start: the next report that is taken ends what the last coordinator said. */
export const unknownRefusal: ReportRefusal = {
  isSo: undefined,
  said: undefined,
  raisedAtMs: never,
  resolvedAtMs: never,
};

const about = (entry: Entry) => ({ code: 'report-refused', source: entry.name, subject: null }) as const;

/**
 * Each is said once in so long for a source: one that sends rubbish and good reports in turn would drive everything else out
 * of what is kept of events.
 */
const sayEveryMs = 5 * 60_000;

/** A report that could not be taken: its agent sets it aside, and the admin is told. */
export const refusedReport = (fleet: Fleet, entry: Entry, { code, message }: Refused): void => {
  const text = `A report of ${entry.name} was refused (${code}): ${message}`;
  const remedy = 'Look at which berth runs on that machine, and type there: berth status';
  entry.refusal = { ...entry.refusal, isSo: { ...about(entry), severity: 'warning', text, remedy } };
  sayRefusal(fleet, entry, fleet.nowMs());
};

/** One that was taken: what came before is over. */
export const takenReport = (fleet: Fleet, entry: Entry): void => {
  entry.refusal = { ...entry.refusal, isSo: null };
  sayRefusal(fleet, entry, fleet.nowMs());
};

/** Says how it is, where that was not said yet and may be by now; to be called now and then for what had to wait. */
export const sayRefusal = (fleet: Pick<Fleet, 'say'>, entry: Entry, nowMs: number): void => {
  const { isSo, said, raisedAtMs, resolvedAtMs } = entry.refusal;
  if (isSo === undefined || (isSo?.text ?? null) === said) return;
  // A clock that was set back must not hush it for longer.
  if (Math.abs(nowMs - (isSo === null ? resolvedAtMs : raisedAtMs)) < sayEveryMs) return;
  if (isSo === null) {
    entry.refusal = { ...entry.refusal, said: null, resolvedAtMs: nowMs };
    fleet.say({ resolve: keyOf(about(entry)) });
  } else {
    entry.refusal = { ...entry.refusal, said: isSo.text, raisedAtMs: nowMs };
    fleet.say({ raise: isSo });
  }
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
