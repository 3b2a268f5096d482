import { printable } from '@berth/common/parsed.ts';
import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import { collectTool, wordsOf } from '../collect.ts';
import type { EngineWorld } from '../engine.ts';

/** What a child is asked to do with a database. */
export type Work =
  /** Reads its header. */
  | { readonly do: 'look'; readonly file: string }
  /** Copies it as it is at one moment. */
  | { readonly do: 'copy'; readonly file: string; readonly into: string }
  /** Reads all of it. */
  | { readonly do: 'check'; readonly file: string };

const answer = z.object({
  /** Of SQLite. */
  version: z.string(),
  /** What `PRAGMA integrity_check` found, `ok` where all is well. */
  found: z.array(z.string()).optional(),
  error: z.object({ code: z.number().optional(), name: z.string().optional(), message: z.string() }).optional(),
});

/**
 * Runs in a process of its own, from its text: reading a large file would keep this one from everything else, and cannot be stopped once begun.
 * So it may use nothing from outside of it. https://nodejs.org/api/sqlite.html
 */
const program = async (): Promise<void> => {
  const sqlite = process.getBuiltinModule('node:sqlite');
  const fs = process.getBuiltinModule('node:fs');
  const work: { readonly do?: string; readonly file?: string; readonly into?: string } = JSON.parse(
    process.argv[1] ?? '',
  );
  const { file = '', into = '' } = work;
  const version = process.versions['sqlite'] ?? '';
  const tell = (said: object): void => {
    fs.writeSync(1, JSON.stringify({ version, ...said }));
  };
  try {
    // Would make an empty database of a name that is wrong.
    fs.accessSync(file, fs.constants.R_OK);
    // SQLite calls it a disk error.
    if (!fs.statSync(file).isFile()) throw Object.assign(new Error('no file'), { code: 'EISDIR' });
    const database = new sqlite.DatabaseSync(file, { readOnly: true, timeout: 60_000 });
    if (work.do === 'look') database.prepare('PRAGMA schema_version').get();
    if (work.do === 'copy') {
      // In one step, for which the number of pages must be the largest there is: a commit of another program between two steps begins it anew.
      // Node asks a locked database again at once and for ever, so the time is kept here.
      const timer = setTimeout(() => {
        tell({ error: { code: 5, message: 'another program kept it locked for 5 minutes' } });
        process.exit(0);
      }, 300_000);
      await sqlite.backup(database, into, { rate: 2_147_483_647 });
      clearTimeout(timer);
      const copy = new sqlite.DatabaseSync(into);
      // One file is all of it then, without a -wal beside it.
      copy.exec('PRAGMA journal_mode = DELETE');
      copy.close();
      const { mode, uid, gid } = fs.statSync(file);
      fs.chmodSync(into, mode & 0o777);
      if (process.getuid?.() === 0) fs.chownSync(into, uid, gid);
    }
    if (work.do === 'check') {
      const rows = database.prepare('PRAGMA integrity_check(20)').all();
      tell({ found: rows.map((row) => String(row['integrity_check'])) });
    } else {
      tell({});
    }
    database.close();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    tell({
      error: {
        message: error.message,
        ...('errcode' in error && { code: error.errcode }),
        ...('code' in error && { name: error.code }),
      },
    });
  }
};

/** Has a child do it. Throws 'database-unreachable' (no such file), 'database-refused' (rights, no database), 'no-room', 'dump-failed'. */
export const runSqlite = async (
  work: Work,
  world: Pick<EngineWorld, 'run'>,
  signal: AbortSignal,
): Promise<{ readonly version: string; readonly found: readonly string[] }> => {
  const code = `(${program.toString()})()`;
  const argv = [process.execPath, '--no-warnings', '-e', code, JSON.stringify(work)] as const;
  const end = await collectTool(world, { kind: 'host' }, { argv }, signal);
  const parsed = answer.safeParse(end.code === 0 ? safeJson(end.stdout) : null);
  if (!parsed.success) {
    const remedy = 'The next run tries again.';
    throw new Problem('dump-failed', `The copy of ${quoted(work.file)} broke off.`, remedy, { cause: wordsOf(end) });
  }
  const { error, version, found = [] } = parsed.data;
  if (error !== undefined) throw problemOf(error, work.file);
  return { version, found };
};

const safeJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const quoted = (file: string): string => printable(file, 200);

/** https://sqlite.org/rescode.html; the low byte is the kind of error. */
const problemOf = (
  error: { readonly code?: number | undefined; readonly name?: string | undefined; readonly message: string },
  file: string,
): Problem => {
  const kind = (error.code ?? 0) & 0xff;
  const cause = new Error(error.message);
  if (error.name === 'ENOENT') {
    const remedy = 'Look "file:" up in agent.yaml, or restore it: berth restore-db.';
    return new Problem('database-unreachable', `There is no file ${quoted(file)}.`, remedy, { cause });
  }
  if (error.name === 'EISDIR') {
    const remedy = 'Name the file itself under "file:" in agent.yaml; what lies beside it belongs under "also:".';
    return new Problem('database-refused', `${quoted(file)} is no file.`, remedy, { cause });
  }
  // 8 and 14: a WAL database needs a -shm file beside it, which a reader without rights in the folder cannot make.
  if (error.name === 'EACCES' || kind === 8 || kind === 14 || kind === 3) {
    const remedy = 'Run berth as root, or as the user the database belongs to.';
    return new Problem('database-refused', `The file ${quoted(file)} cannot be read by this user.`, remedy, { cause });
  }
  if (kind === 26) {
    const remedy = 'Look "file:" up in agent.yaml. An encrypted database needs its own program: engine: command.';
    return new Problem('database-refused', `The file ${quoted(file)} is no SQLite database.`, remedy, { cause });
  }
  if (kind === 13 || error.name === 'ENOSPC') {
    const remedy = 'Make room there, or move berth to another disk with --home.';
    return new Problem('no-room', 'The disk is full where berth keeps its state.', remedy, { cause });
  }
  const remedy = kind === 11 ? 'It is damaged: restore it from a snapshot.' : 'The next run tries again.';
  const word = printable(error.message, 200);
  return new Problem('dump-failed', `The copy of ${quoted(file)} failed: ${word}.`, remedy, { cause });
};
