import type { ReportDump } from '@berth/common/report.ts';
import { dumpDatabase } from '../databases/dump-database.ts';
import type { Database, Unit } from '../databases/engine.ts';
import type { AttemptArguments, RunRestic } from './attempt.ts';
import type { Beside } from './beside.ts';
import { okEnd, problemEnd, type StepEnd } from './recorder.ts';

/**
 * Dumps what no earlier try has dumped, an entry a step. A dump that failed is told and does not stop what comes after; a connection that was cut
 * does, and its end is answered. An entry that came to its end, well or not, is not asked again in this run: a wrong password would only lock the
 * account.
 */
export const dumpDatabases = async (
  args: AttemptArguments,
  restic: RunRestic,
  beside: Beside,
): Promise<StepEnd | null> => {
  for (const database of beside.databases) {
    if (args.signal.aborted) return null;
    if (args.done.finished.has(`dump:${database.name}`)) continue;
    const cut = await dumpEntry(args, restic, beside, database);
    if (cut !== null) return cut;
  }
  return null;
};

const dumpEntry = async (
  args: AttemptArguments,
  restic: RunRestic,
  beside: Beside,
  database: Database,
): Promise<StepEnd | null> => {
  const { recorder, number, dryRun, done, signal, config } = args;
  let cut: string | null = null;
  const end = await recorder.step({ name: 'dump', subject: database.name }, number, async () => {
    if (dryRun) return wouldDump(database, beside, signal);
    const ended = await dumpDatabase({
      ...{ database, restic, host: config.name, world: beside.engines, folders: beside.folders },
      ...{ finished: done.dumped, signal },
      onProgress: (bytesDone) => args.onDumping(database.name, bytesDone),
    });
    cut = ended.cut;
    // What failed in an earlier try was done again in this one.
    const before = done.dumps.filter(({ subject, outcome }) => subject !== database.name || outcome === 'ok');
    done.dumps = [...before, ...ended.dumps];
    if (cut === null && !signal.aborted) done.finished.add(`dump:${database.name}`);
    return dumpEnd(
      ended,
      done.dumps.filter(({ subject }) => subject === database.name),
    );
  });
  return cut !== null || end.outcome === 'cancelled' ? end : null;
};

const isMade = (outcome: ReportDump['outcome']): boolean => outcome === 'ok' || outcome === 'incomplete';

/** `all` are the dumps of this entry, of whichever try. */
const dumpEnd = (ended: Awaited<ReturnType<typeof dumpDatabase>>, all: readonly ReportDump[]): StepEnd => {
  const warnings = [...ended.warnings];
  if (ended.problem !== null) return { ...problemEnd(ended.problem), warnings };
  const bad = all.filter(({ outcome }) => outcome !== 'ok');
  const cancelled = bad.find(({ outcome }) => outcome === 'cancelled');
  const [first] = bad;
  const good = all.length - all.filter(({ outcome }) => !isMade(outcome)).length;
  const end: StepEnd = {
    ...okEnd,
    numbers: {
      dumpsMade: good,
      dumpsFailed: all.length - good,
      bytesDumped: all.reduce((sum, { bytes }) => sum + bytes, 0),
    },
    words: [...ended.words],
    warnings,
  };
  if (ended.cut !== null) return { ...end, outcome: 'failed', reason: ended.cut };
  if (cancelled !== undefined) return { ...end, outcome: 'cancelled', reason: 'cancelled' };
  if (first === undefined) return end;
  return { ...end, outcome: good > 0 ? 'incomplete' : 'failed', reason: first.reason ?? 'dump-failed' };
};

const wouldDump = async (database: Database, { engines }: Beside, signal: AbortSignal): Promise<StepEnd> => {
  const { version, units, warnings } = await database.describe(engines, signal);
  const words = [version, ...units.map(wouldBe)];
  return { ...okEnd, words, warnings: [...warnings] };
};

const wouldBe = ({ file, isMissing }: Unit): string =>
  isMissing === true ? `could not dump ${file}: the server has no such database` : `would dump ${file}`;
