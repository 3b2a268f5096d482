import { Problem } from '@berth/common/problem.ts';
import { boundLines, type ReportDump, reportLimits } from '@berth/common/report.ts';
import type { Restic } from '@berth/common/restic/restic.ts';
import { isMendable } from '../run/decide.ts';
import { dumpUnit, type UnitEnd } from './dump-unit.ts';
import type { Database, Described, EngineWorld, Unit } from './engine.ts';
import { plain } from './plain.ts';

/** One entry of `databases:`, to be dumped. */
export interface DumpArguments {
  readonly database: Database;
  readonly restic: Pick<Restic, 'backup' | 'backupStream'>;
  readonly host: string;
  readonly world: EngineWorld;
  /** `<state>/databases`, where engines that cannot stream write to. */
  readonly folders: string;
  /** The files of the units that an earlier try finished; those that this one does are added. */
  readonly finished: Set<string>;
  readonly signal: AbortSignal;
  /** Bytes of all its dumps so far. */
  readonly onProgress: (bytesDone: number) => void;
}

/** What the dumps of an entry came to. Bounded, and without control characters: it goes into the report as it is. */
export interface DumpsEnd {
  /** One for each unit that this try was about; the failed ones first to be kept where there are very many. */
  readonly dumps: readonly ReportDump[];
  readonly described: Described | null;
  /** Why there was nothing to dump: what `describe` threw. */
  readonly problem: Problem | null;
  readonly warnings: readonly string[];
  readonly words: readonly string[];
  /** A restic failure that a later try can mend. */
  readonly cut: string | null;
}

/** setTimeout fires at once for more. */
const longestTimer = 2 ** 31 - 1;

/**
 * Dumps what an entry has, unit by unit, each into a snapshot of its own; `timeoutMs` is for all of them. A unit that fails does not keep the
 * next from being tried, unless the repository is out of reach. Nothing is left on disk. Rejects for nothing an engine or restic does.
 */
export const dumpDatabase = async (args: DumpArguments): Promise<DumpsEnd> => {
  const { database, finished } = args;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), Math.min(database.timeoutMs, longestTimer));
  const signal = AbortSignal.any([args.signal, late.signal]);
  const isLate = (): boolean => late.signal.aborted && !args.signal.aborted;
  try {
    const described = await describe(args, signal, isLate);
    if (described instanceof Problem) {
      return { dumps: [], described: null, problem: described, warnings: [], words: [], cut: null };
    }
    const ends: UnitEnd[] = [];
    let stoppedBy: string | null = null;
    let bytesBefore = 0;
    for (const unit of described.units) {
      if (finished.has(unit.file)) continue;
      if (signal.aborted) stoppedBy ??= isLate() ? 'dump-timeout' : 'cancelled';
      const onProgress = (bytes: number): void => args.onProgress(bytesBefore + bytes);
      const end: UnitEnd =
        stoppedBy === null
          ? await dumpUnit({ ...args, signal, isLate, unit, onProgress })
          : notTried(args, unit, stoppedBy);
      ends.push(end);
      bytesBefore += end.dump.bytes;
      if (end.dump.outcome === 'ok') finished.add(unit.file);
      stoppedBy ??= end.stops;
    }
    return {
      ...gathered(ends, described),
      described: plainDescribed(described),
      problem: null,
      cut: mendable(stoppedBy),
    };
  } finally {
    clearTimeout(timer);
  }
};

const describe = async (
  { database, world }: DumpArguments,
  signal: AbortSignal,
  isLate: () => boolean,
): Promise<Described | Problem> => {
  try {
    return await database.describe(world, signal);
  } catch (error) {
    if (isLate()) return tooLate(database.timeoutMs);
    if (error instanceof Problem) return error;
    const why = plain(error instanceof Error ? error.message : String(error));
    return new Problem(
      'dump-failed',
      `Asking ${database.name} failed: ${why}.`,
      'Run "berth doctor"; it looks at each part.',
      {
        cause: error,
      },
    );
  }
};

const tooLate = (timeoutMs: number): Problem =>
  new Problem(
    'dump-timeout',
    `It did not answer within its ${Math.round(timeoutMs / 60_000)} minutes.`,
    'See what keeps it, or allow more: "timeout:" in agent.yaml.',
  );

const notTried = ({ database }: DumpArguments, { database: name }: Unit, reason: string): UnitEnd => ({
  dump: {
    ...{ subject: database.name, engine: database.engine, database: name === null ? null : plain(name).slice(0, 255) },
    ...{ outcome: reason === 'cancelled' ? 'cancelled' : 'failed', reason, snapshot: null },
    ...{ bytes: 0, tookMs: 0, verified: 'none' },
  },
  words: [],
  warnings: [],
  stops: reason,
});

const mendable = (reason: string | null): string | null => (reason !== null && isMendable(reason) ? reason : null);

const gathered = (ends: readonly UnitEnd[], described: Described): Pick<DumpsEnd, 'dumps' | 'warnings' | 'words'> => {
  const dumps = ends.map(({ dump }) => dump);
  const kept = new Set(dumps.toSorted((one, other) => rank(one) - rank(other)).slice(0, reportLimits.dumps));
  const leftOut = dumps.length - kept.size;
  const warnings = [
    ...described.warnings,
    ...ends.flatMap((end) => end.warnings),
    ...(leftOut === 0 ? [] : [`${leftOut} more dumps are not listed; they went well`]),
  ];
  return {
    dumps: dumps.filter((dump) => kept.has(dump)),
    warnings: boundLines(warnings.map(plain)),
    words: boundLines(ends.flatMap(({ words }) => words).map(plain)),
  };
};

const rank = ({ outcome }: ReportDump): number => (outcome === 'ok' ? 1 : 0);

const plainDescribed = (described: Described): Described => ({
  ...described,
  version: plain(described.version).slice(0, reportLimits.lineLength),
  warnings: boundLines(described.warnings.map(plain)),
});
