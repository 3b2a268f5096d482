import { Problem } from '@berth/common/problem.ts';
import type { ReportDump } from '@berth/common/report.ts';
import { type Failed, isDone, type ResticResult } from '@berth/common/restic/result.ts';
import type { DumpSink } from '@berth/common/restic/stream.ts';
import { processThing } from '../recover/process.ts';
import type { Noted } from '../recover/things.ts';
import type { DumpArguments } from './dump-database.ts';
import { isNoRoom, noRoom, requireSomething, withFolder } from './dump-folder.ts';
import type { Unit, Verifier } from './engine.ts';
import { dumpTags } from './name.ts';
import { plain } from './plain.ts';

/** How one unit went. `stops` is why the ones after it need not be tried. */
export interface UnitEnd {
  readonly dump: ReportDump;
  readonly words: readonly string[];
  readonly warnings: readonly string[];
  readonly stops: string | null;
}

/** One unit of an entry. `signal` also ends at the entry's deadline, which `isLate` tells. */
export type UnitArguments = DumpArguments & { readonly unit: Unit; readonly isLate: () => boolean };

interface Made {
  readonly snapshot: string | null;
  readonly bytes: number;
  readonly verified: Awaited<ReturnType<Verifier['conclude']>>;
  readonly warnings: readonly string[];
}

/** Dumps one unit and makes its snapshot. Rejects for nothing: what went wrong is in the answer. */
export const dumpUnit = async (args: UnitArguments): Promise<UnitEnd> => {
  const { database, unit, world } = args;
  const began = world.now().getTime();
  const about = {
    subject: database.name,
    engine: database.engine,
    database: unit.database === null ? null : plain(unit.database).slice(0, 255),
  };
  const tookMs = (): number => Math.max(0, world.now().getTime() - began);
  try {
    const { snapshot, bytes, verified, warnings } = await (unit.form === 'stream' ? streamed(args) : filled(args));
    const dump = { ...about, outcome: 'ok', reason: null, snapshot, bytes, tookMs: tookMs(), verified } as const;
    return { dump, words: [], warnings: warnings.map((line) => `${nameOf(args)}: ${line}`), stops: null };
  } catch (error) {
    const { reason, words } = explained(error, args);
    const outcome = reason === 'cancelled' ? 'cancelled' : 'failed';
    const dump = { ...about, outcome, reason, snapshot: null, bytes: 0, tookMs: tookMs(), verified: 'none' } as const;
    const stops = isOfTheRepository(error) || reason === 'cancelled' || reason === 'dump-timeout' ? reason : null;
    return { dump, words: words.map((line) => `${nameOf(args)}: ${line}`), warnings: [], stops };
  }
};

/** restic's own failure, on its way past the engine's. */
class ResticFailed extends Error {
  readonly failed: Failed;

  constructor(failed: Failed) {
    super(failed.words.at(-1) ?? `restic ended with code ${failed.exitCode}`);
    this.failed = failed;
  }
}

const streamed = async (args: UnitArguments): Promise<Made> => {
  const { database, unit, world, restic, host } = args;
  const noted: (() => Promise<void>)[] = [];
  let facts: Pick<Made, 'verified' | 'warnings'> = { verified: 'stream', warnings: [] };
  const produce = async (sink: DumpSink, signal: AbortSignal): Promise<void> => {
    await using verifier = database.verify(unit, null, world, signal);
    const write = (chunk: Uint8Array): void | Promise<void> => {
      const seen = verifier.see(chunk);
      return seen === undefined ? sink.write(chunk) : seen.then(() => sink.write(chunk));
    };
    const { warnings } = await database.dump(unit, { kind: 'stream', sink: { write } }, world, signal);
    facts = { warnings, verified: await verifier.conclude() };
  };
  try {
    const result = await restic.backupStream(
      { host, tags: dumpTags({ ...database, database: unit.database }), filename: unit.file },
      produce,
      {
        signal: args.signal,
        onProgress: args.onProgress,
        onStarted: async (pid) => {
          const thing: Noted | null = await processThing(pid);
          if (thing !== null) noted.push((await world.things.note(thing)).done);
        },
      },
    );
    const { snapshotId, bytes } = wholeOf(result);
    return { ...facts, snapshot: snapshotId, bytes };
  } finally {
    for (const done of noted) await done();
  }
};

const filled = async (args: UnitArguments): Promise<Made> =>
  withFolder(args, async (path) => {
    const { database, unit, world, restic, host, signal } = args;
    await using verifier = database.verify(unit, path, world, signal);
    const { warnings } = await database.dump(unit, { kind: 'folder', path }, world, signal);
    const verified = await verifier.conclude();
    await requireSomething(path);
    const result = await restic.backup(
      {
        paths: [path],
        host,
        tags: dumpTags({ ...database, database: unit.database }),
        isAllOrNothing: true,
      },
      { signal, onProgress: ({ bytesDone }) => args.onProgress(bytesDone) },
    );
    const { snapshotId, bytesProcessed } = wholeOf(result);
    return { warnings, verified, snapshot: snapshotId, bytes: bytesProcessed };
  });

const wholeOf = <Value>(result: ResticResult<Value>): Value => {
  if (isDone(result) && result.kind === 'ok') return result.value;
  if (isDone(result)) throw new ResticFailed({ ...result, kind: 'failed', exitCode: 3 });
  throw new ResticFailed(result);
};

/** Failures that are not this dump's: the next one would meet them too. */
const isOfTheRepository = (error: unknown): boolean =>
  error instanceof ResticFailed && !['failed', 'dump-empty', 'deadline'].includes(error.failed.kind);

const explained = (
  error: unknown,
  { isLate, signal, database }: UnitArguments,
): { readonly reason: string; readonly words: readonly string[] } => {
  if (isLate()) {
    const minutes = Math.round(database.timeoutMs / 60_000);
    return { reason: 'dump-timeout', words: [`not done within the ${minutes} minutes of "timeout:" in agent.yaml`] };
  }
  if (signal.aborted) return { reason: 'cancelled', words: [] };
  if (error instanceof ResticFailed) {
    const { kind, words } = error.failed;
    return { reason: kind === 'failed' ? 'dump-failed' : kind, words: kind === 'dump-empty' ? [empty] : words };
  }
  const known = isNoRoom(error) ? noRoom(error) : error;
  if (known instanceof Problem) return { reason: known.code, words: [known.message, known.remedy, ...causes(known)] };
  return { reason: 'dump-failed', words: [String(error), ...causes(error)] };
};

const empty = 'not a single byte came, and the tool called that a success';

const causes = (error: unknown): readonly string[] => {
  const cause = error instanceof Error ? error.cause : null;
  if (typeof cause === 'string') return cause.split('\n');
  return cause instanceof Error ? [...cause.message.split('\n'), ...causes(cause)] : [];
};

const nameOf = ({ database, unit }: UnitArguments): string =>
  plain(unit.database === null ? unit.file : `${database.name}/${unit.database}`).slice(0, 120);
