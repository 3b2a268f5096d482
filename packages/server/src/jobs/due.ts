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
/** More sources than this are spread over more time, so that a start keeps no core busy for minutes. */
const manySources = 100;
/** A run that began later than now was written down by a clock that has been set back. */
const futureMs = 60_000;

/** What to start now, in this order. Reviews come first, then as the plans stand, then whoever has waited longest. */
export const due = (question: Question): readonly Running[] => {
  const { nowMs, plans, sources, running, isClockTrusted } = question;
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
  for (const { plan, source } of candidates) {
    const busy = [...running, ...started];
    if (busy.length >= mostAtOnce) break;
    if (plan.lane === 'heavy' && busy.filter(({ lane }) => lane === 'heavy').length >= mostHeavy) continue;
    started.push({ source, job: plan.name, lane: plan.lane });
  }
  return started;
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
