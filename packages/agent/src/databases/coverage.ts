import type { Report, ReportDump } from '@berth/common/report.ts';
import type { EngineName } from './engine.ts';
import { newestDumps, type StoredDump } from './stored.ts';

/** How one database of an entry stands. */
export interface CoveredUnit {
  /** Null for what belongs to no single one. */
  readonly database: string | null;
  readonly file: string;
  readonly snapshot: string;
  /** RFC 3339, of the newest dump; and how old it is. */
  readonly time: string;
  readonly ageMs: number;
  /** As the report of its run says; null where that report is not here any more. */
  readonly bytes: number | null;
  readonly verified: ReportDump['verified'] | null;
}

/** How an entry of `databases:` stands, or one that was there once. */
export interface Covered {
  readonly entry: string;
  readonly engine: EngineName;
  /** False where only the repository knows it: agent.yaml names it no more, or a container's label did. */
  readonly isInConfig: boolean;
  readonly units: readonly CoveredUnit[];
  /** Why the last run's dump of it was not good; null where it was, or where there was none. */
  readonly failure: string | null;
}

/** Puts together what agent.yaml wants, what the repository has and what the reports (newest first) say of it. */
export const coverageOf = (about: {
  readonly entries: readonly { readonly name: string; readonly engine: EngineName }[];
  readonly dumps: readonly StoredDump[];
  readonly reports: readonly Report[];
  readonly now: Date;
}): readonly Covered[] => {
  const { entries, reports, now } = about;
  const newest = newestDumps(about.dumps);
  const known = new Map(
    reports.flatMap(({ dumps }) => dumps.map((dump) => [dump.snapshot?.slice(0, 8), dump] as const)),
  );
  const unitsOf = (name: string): readonly CoveredUnit[] =>
    newest
      .filter(({ entry }) => entry === name)
      .map(({ database, file, snapshot, time }) => {
        const said = known.get(snapshot.slice(0, 8));
        const ageMs = Math.max(0, now.getTime() - Date.parse(time));
        return { database, file, snapshot, time, ageMs, bytes: said?.bytes ?? null, verified: said?.verified ?? null };
      })
      .toSorted((one, other) => (one.database ?? '').localeCompare(other.database ?? ''));
  const written = entries.map(({ name, engine }): Covered => {
    return { entry: name, engine, isInConfig: true, units: unitsOf(name), failure: failureOf(name, reports) };
  });
  const others = [...new Map(newest.map(({ entry, engine }) => [entry, engine]))].filter(
    ([name]) => !entries.some((entry) => entry.name === name),
  );
  return [
    ...written,
    ...others.map(([entry, engine]): Covered => {
      return { entry, engine, isInConfig: false, units: unitsOf(entry), failure: failureOf(entry, reports) };
    }),
  ];
};

const failureOf = (name: string, reports: readonly Report[]): string | null => {
  for (const { steps } of reports) {
    const last = steps.findLast((step) => step.name === 'dump' && step.subject === name);
    if (last !== undefined) return last.outcome === 'ok' ? null : (last.reason ?? last.outcome);
  }
  return null;
};
