import { mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';
import type { ReportDump } from '@berth/common/report.ts';
import type { Home } from '../config/home.ts';
import type { AgentConfig } from '../config/schema.ts';
import type { Database } from '../databases/engine.ts';
import { openDatabase } from '../databases/entries.ts';
import { restoreDump } from '../databases/restore-dump.ts';
import { dumpName, type StoredDump, unitOf } from '../databases/stored.ts';
import type { Conversation } from '../enroll/conversation.ts';
import type { AsOf } from '../past/as-of.ts';
import { takeLock } from '../run/lock.ts';
import { openRepository, type Repository } from '../transport/repository.ts';
import { isSameFamily } from '../uncovered/known.ts';
import { type Chosen, chooseDumps } from './choose.ts';
import { confirm, nameToType } from './confirm.ts';
import { readDumps } from './read-dumps.ts';
import { dumpBefore } from './safety.ts';
import { writeToFile } from './to-file.ts';
import { type OpenWorld, openWorld } from './world.ts';

/** Where a dump goes: over the live database, into one of another name, or to a file. */
export type Way =
  | { readonly kind: 'live'; readonly isConfirmed: boolean; readonly isSaved: boolean }
  | { readonly kind: 'new'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string };

/** What happens, one after the other. */
export type RestoreEvent =
  | ({ readonly event: 'chosen' } & Chosen)
  /** Before the live database is touched; what is there now, as far as it is there. */
  | { readonly event: 'saved'; readonly dumps: readonly ReportDump[] }
  | { readonly event: 'progress'; readonly doing: string; readonly bytesDone: number }
  | {
      readonly event: 'restored';
      readonly dump: StoredDump;
      /** The file of `--to-file`, the new name, or null for live. */
      readonly to: string | null;
      readonly verified: 'tool' | 'stream' | 'none';
      readonly warnings: readonly string[];
    };

export interface RestoreDbArguments {
  readonly config: AgentConfig;
  readonly home: Home;
  /** `NAME` or `NAME/DATABASE`. */
  readonly name: string;
  /** Null: the newest. */
  readonly snapshot: string | null;
  readonly asOf: AsOf | null;
  readonly way: Way;
  readonly conversation: Pick<Conversation, 'ask' | 'say'>;
  /** What a live restore replaces, for whoever confirms it. */
  readonly planOf: (dumps: readonly StoredDump[]) => string;
  readonly onEvent: (event: RestoreEvent) => void;
  readonly onRemark: (remark: string) => void;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/**
 * Brings dumps back, in order: what belongs to all databases first. Each was read to its end and checked before anything is touched; the first that fails
 * ends it, and the events tell what was done by then. Over live ones it holds the lock of runs, and unless told otherwise dumps first what is there.
 * Throws Problems of choosing, 'unconfirmed', 'busy', 'entry-gone', 'safety-failed', and those of the engine.
 */
export const restoreDb = async (args: RestoreDbArguments): Promise<void> => {
  const { config, home, way, signal, asOf } = args;
  await using repository = await openRepository({ destination: config.server, home, asOf, signal });
  const { restic } = repository;
  const all = await readDumps({ ...args, restic, destination: config.server });
  const chosen = chooseDumps(all, args.name, args.snapshot);
  await using opened = await openWorld(args);
  const [first] = chosen.dumps;
  const database = first === undefined ? null : databaseOf(opened, first);
  args.onEvent({ event: 'chosen', ...chosen });
  // Awaited, or the repository would be let go of meanwhile.
  if (way.kind === 'file') return await toFiles(args, { chosen, database, repository, opened, path: way.path });
  if (database === null || first === undefined) throw entryGone(args.name, first?.engine ?? 'it was', opened);
  if (way.kind === 'new') {
    mustBeOne(chosen, args.name);
    return await bringBack(args, { chosen, database, repository, opened });
  }
  if (!way.isConfirmed) {
    args.conversation.say(args.planOf(chosen.dumps).trimEnd());
    await confirm(nameToType(chosen.dumps), args.conversation);
  }
  await using _lock = await takeLock(home.lock);
  if (way.isSaved) await save(args, { chosen, database, repository, opened });
  await bringBack(args, { chosen, database, repository, opened });
};

interface Reach {
  readonly chosen: Chosen;
  readonly database: Database;
  readonly repository: Repository;
  readonly opened: OpenWorld;
}

/** The entry the dump is of; null where it is gone, or means another engine by now. */
const databaseOf = ({ entries }: OpenWorld, dump: StoredDump): Database | null => {
  const entry = entries.find(({ name }) => name === dump.entry);
  return entry === undefined || !isSameFamily(entry.engine, dump.engine) ? null : openDatabase(entry);
};

const bringBack = async (args: RestoreDbArguments, { chosen, database, repository, opened }: Reach): Promise<void> => {
  const { way, signal } = args;
  const into = way.kind === 'new' ? way : ({ kind: 'live' } as const);
  for (const dump of chosen.dumps) {
    const words = { checking: `checking ${dumpName(dump)}`, restoring: `restoring ${dumpName(dump)}` };
    const restored = await restoreDump({
      ...{ database, unit: unitOf(dump), snapshot: dump.snapshot, restic: repository.restic, into, signal },
      world: opened.world,
      onProgress: ({ phase, bytesDone }) => args.onEvent({ event: 'progress', doing: words[phase], bytesDone }),
    });
    args.onEvent({ event: 'restored', dump, to: into.kind === 'new' ? into.name : null, ...restored });
  }
};

/** What was of then can only be read; what is now goes to the repository of now. */
const save = async (args: RestoreDbArguments, { chosen, database, repository, opened }: Reach): Promise<void> => {
  const { config, home, signal } = args;
  const isGone = await isFileGone(opened, chosen.dumps);
  if (isGone) return args.onEvent({ event: 'saved', dumps: [] });
  await using stack = new AsyncDisposableStack();
  const { restic } =
    args.asOf === null ? repository : stack.use(await openRepository({ destination: config.server, home, signal }));
  const dumps = await dumpBefore({
    ...{ database, restic, signal, replaced: chosen.dumps, host: config.name, state: home.state, world: opened.world },
    onProgress: (bytesDone) => args.onEvent({ event: 'progress', doing: 'dumping what is there now', bytesDone }),
  });
  args.onEvent({ event: 'saved', dumps });
};

/** An engine that is one file says of it that it can't be reached, and then nothing is there that could be saved. */
const isFileGone = async ({ entries }: OpenWorld, [first]: readonly StoredDump[]): Promise<boolean> => {
  const entry = entries.find(({ name }) => name === first?.entry);
  if (entry?.engine !== 'sqlite' || entry.at.kind !== 'host') return false;
  return stat(entry.file).then(
    () => false,
    (error: unknown) => isErrno(error, 'ENOENT', 'ENOTDIR'),
  );
};

const toFiles = async (
  args: RestoreDbArguments,
  about: Omit<Reach, 'database'> & { readonly database: Database | null; readonly path: string },
): Promise<void> => {
  const { chosen, database, repository, opened, path } = about;
  const isOne = chosen.dumps.length === 1;
  // Several are several files, which share a folder.
  if (!isOne) await mkdir(resolve(path), { recursive: true, mode: 0o700 });
  for (const dump of chosen.dumps) {
    const written = await writeToFile({
      ...{ dump, database, restic: repository.restic, world: opened.world, signal: args.signal },
      path: isOne ? path : join(path, dump.file),
      onProgress: (bytesDone) => args.onEvent({ event: 'progress', doing: `writing ${dumpName(dump)}`, bytesDone }),
    });
    args.onEvent({ event: 'restored', dump, to: written.path, verified: written.verified, warnings: written.warnings });
  }
};

const mustBeOne = ({ dumps }: Chosen, name: string): void => {
  if (dumps.length === 1) return;
  const example = dumps.find(({ database }) => database !== null);
  throw new Problem(
    'usage',
    `${name} is ${dumps.length} dumps, and --into takes one.`,
    `Name one of its databases, for example: berth restore-db ${example === undefined ? `${name}/DATABASE` : dumpName(example)} --into NEW`,
  );
};

const entryGone = (name: string, engine: string, { entries, problems }: OpenWorld): Problem => {
  const [entry = name] = name.split('/');
  const [unseen] = problems;
  if (unseen !== undefined && !entries.some((one) => one.name === entry)) return unseen;
  return new Problem(
    'entry-gone',
    `agent.yaml has no entry ${JSON.stringify(entry)} of the engine ${engine}, so nothing says where to restore to.`,
    `Write one under "databases:", or take the dump as a file: berth restore-db ${name} --to-file FILE`,
  );
};
