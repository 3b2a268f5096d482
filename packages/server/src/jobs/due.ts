import { createHash } from 'node:crypto';

/** Jobs of one kind, as the scheduler sees them. */
export interface Plan {
  readonly name: string;
  /** `heavy` ones read or move many files: one of them at a time. `quick` ones only read a journal. */
  readonly lane: 'quick' | 'heavy';
  readonly everyMs: number;
  /** A source's journal changed: so soon after the last start at the earliest; null when that means nothing to it. */
  readonly afterChangeMs: number | null;
  /** Over how long a hundred sources are spread that are all due at a start. */
  readonly spreadMs: number;
  /** It goes by the wall clock, so it waits while that is not trusted. */
  readonly needsClock: boolean;
}

/** The last run of a job. Times are UTC milliseconds. */
export interface LastRun {
  readonly startedAtMs: number;
  /** Null when the server ended before it did. */
  readonly endedAtMs: number | null;
  readonly outcome: 'done' | 'failed' | 'busy' | 'stopped' | null;
  /** How many failed in a row. */
  readonly failures: number;
  /** What the journal looked like when it began. */
  readonly mark: string | null;
  /** Since when it had been due; one that was stopped goes on waiting from there. Null where that is not known. */
  readonly dueSinceMs: number | null;
}

/** A source, as the scheduler sees it. */
export interface Scheduled {
  readonly name: string;
  /** When this server first saw it, UTC milliseconds, and what its journal looked like then. */
  readonly knownSinceMs: number;
  readonly firstMark: string | null;
  /** What its journal looks like now: any change changes it. */
  readonly mark: string | null;
}

export interface Running {
  readonly source: string;
  readonly job: string;
  readonly lane: Plan['lane'];
  /** Since when it had been due, UTC milliseconds. */
  readonly dueSinceMs: number;
}

/** What is due, which of it may start. */
export interface Question {
  readonly nowMs: number;
  readonly plans: readonly Plan[];
  readonly sources: readonly Scheduled[];
  readonly lastRun: (source: string, job: string) => LastRun | null;
  readonly running: readonly Running[];
  readonly isClockTrusted: boolean;
  readonly retryMs: number;
  /** So many heavy jobs leave room for every lease and slot; null while no coordinator says. */
  readonly freePlaces: number | null;
}

/** Two cores are what a small NAS has, and a session needs one too. */
const mostAtOnce = 2;
/** So that there is room for a review however long a scrub takes: it is what tells of a mass deletion. */
const mostHeavy = 1;
/**
 * A job that changes start may take a quarter of the time: one that takes a minute, on a journal of many millions of
 * records, runs every four. Up to 15 s, which is far more than usual, it keeps to its minute.
 */
const pauseFactor = 4;
/** A heavy job that has waited this long for a free place waits no longer: nothing starves. */
const urgentAfterMs = 86_400_000;
/** More sources than this are spread over more time, so that a start keeps no core busy for minutes. */
const manySources = 100;
/** A run that began later than now was written down by a clock that has been set back. */
const futureMs = 60_000;

/**
 * What to start now, in this order. Reviews come first, then as the plans stand, then whoever has waited longest. Heavy
 * jobs start only in places that backups leave free, unless they have waited for a day.
 */
export const due = (question: Question): readonly Running[] => {
  const { nowMs, plans, sources, running, isClockTrusted, freePlaces } = question;
  const candidates = plans.flatMap((plan, order) =>
    plan.needsClock && !isClockTrusted
      ? []
      : sources
          .filter(({ name }) => !running.some(({ source, job }) => source === name && job === plan.name))
          .map((source) => ({ plan, order, source: source.name, dueAtMs: dueAt(plan, source, question) }))
          .filter(({ dueAtMs }) => dueAtMs <= nowMs),
  );
  candidates.sort((one, other) => one.order - other.order || one.dueAtMs - other.dueAtMs);
  const started: Running[] = [];
  for (const { plan, source, dueAtMs } of candidates) {
    const busy = [...running, ...started];
    if (busy.length >= mostAtOnce) break;
    const wanted = { source, job: plan.name, lane: plan.lane, dueSinceMs: dueSince(plan, source, dueAtMs, question) };
    if (plan.lane === 'heavy') {
      const room = isUrgent(wanted, nowMs) ? mostHeavy : Math.min(mostHeavy, freePlaces ?? mostHeavy);
      if (busy.filter(isHeavy).length >= room) continue;
    }
    started.push(wanted);
  }
  return started;
};

/**
 * Which of these jobs, in the order in which they began, are to stop because backups need their places: the newest. They
 * go on later. One that is urgent stays.
 */
export const givingWay = <Job extends Running>(
  running: readonly Job[],
  { nowMs, freePlaces }: Pick<Question, 'nowMs' | 'freePlaces'>,
): readonly Job[] => {
  if (freePlaces === null) return [];
  const heavy = running.filter(isHeavy);
  const tooMany = Math.max(0, heavy.length - freePlaces);
  const canWait = heavy.filter((job) => !isUrgent(job, nowMs));
  return canWait.toReversed().slice(0, tooMany);
};

const isHeavy = ({ lane }: Running): boolean => lane === 'heavy';

const isUrgent = ({ dueSinceMs }: Running, nowMs: number): boolean => nowMs - dueSinceMs > urgentAfterMs;

/** One that was stopped, or ended with the server, has been due since before that. */
const dueSince = (plan: Plan, source: string, dueAtMs: number, { lastRun }: Question): number => {
  const run = lastRun(source, plan.name);
  const isToGoOn = run !== null && (run.endedAtMs === null || run.outcome === null || run.outcome === 'stopped');
  return isToGoOn ? (run.dueSinceMs ?? run.startedAtMs) : dueAtMs;
};

/** When a job of a source is due, UTC milliseconds. */
export const dueAt = (plan: Plan, source: Scheduled, question: Question): number => {
  const { nowMs, retryMs, lastRun, sources } = question;
  const share = shareOf(`${plan.name} ${source.name}`);
  // Whatever waited for the server to start is spread; what it has seen happen is not.
  const calm = source.knownSinceMs + share * plan.spreadMs * Math.max(1, sources.length / manySources);
  const run = lastRun(source.name, plan.name);
  const isFresh = source.mark !== source.firstMark;
  if (run === null || run.startedAtMs > nowMs + futureMs) return plan.afterChangeMs !== null && isFresh ? 0 : calm;
  const { startedAtMs, endedAtMs, outcome, failures } = run;
  if (endedAtMs === null || outcome === null || outcome === 'stopped') return calm;
  if (outcome === 'busy') return endedAtMs + retryMs;
  if (outcome === 'failed') return endedAtMs + Math.min(plan.everyMs, retryMs * 2 ** Math.min(failures - 1, 20));
  // A little early, and each source by another little, so that those which started together drift apart.
  const regular = Math.max(calm, startedAtMs + plan.everyMs * (1 - share / 20));
  if (plan.afterChangeMs === null || source.mark === run.mark) return regular;
  const pauseMs = Math.max(plan.afterChangeMs, (endedAtMs - startedAtMs) * pauseFactor);
  return Math.min(regular, Math.max(startedAtMs + pauseMs, isFresh ? 0 : calm));
};

/** A number from 0 to 1 that a text always has: the start of its SHA-256, which spreads names that differ in a digit. */
const shareOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32;
