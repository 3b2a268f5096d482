import { printable } from '@berth/common/parsed.ts';
import { Problem } from '@berth/common/problem.ts';
import { collectTool, lastWord, wordsOf } from '../collect.ts';
import type { DumpFacts, EngineWorld, Into } from '../engine.ts';
import type { PostgresEntry } from '../postgres.ts';
import type { ToolEnd } from '../tool.ts';
import type { PostgresServer } from './ask.ts';
import { asConnectionString, asIdentifier, commandOf } from './connection.ts';
import { onlyGlobals } from './only-globals.ts';
import { toolPath } from './tools.ts';

interface Work {
  readonly entry: PostgresEntry;
  readonly server: PostgresServer;
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly world: EngineWorld;
  readonly signal: AbortSignal;
}

/**
 * Writes an archive back. Over a database that is there in one transaction: all of it, or what was there stays. One that is not there is made,
 * with what belonged to it, and goes again when it cannot be filled.
 */
export const restoreArchive = async (database: string, into: Into, work: Work): Promise<DumpFacts> => {
  const { entry, server } = work;
  const name = into.kind === 'new' ? into.name : database;
  const isThere = server.databases.some((one) => one.name === name);
  if (into.kind === 'new' && isThere) {
    throw new Problem(
      'restore-refused',
      `There is a database ${printable(name, 100)} already.`,
      'Name one that is not there, or restore over it with --live.',
    );
  }
  if (into.kind === 'live' && isThere) {
    const end = await restore(work, name, ['--clean', '--if-exists', '--single-transaction']);
    if (end.code !== 0) throw failed(end, 'Nothing of it was kept: the database is as it was.');
    return { warnings: warningsOf(end) };
  }
  if (into.kind === 'new') await makeDatabase(name, work);
  const end = await (into.kind === 'new'
    ? restore(work, name, ['--exit-on-error'])
    : restore(work, entry.database, ['--create', '--exit-on-error'])
  ).catch(async (error: unknown) => {
    await dropHalf(name, work);
    throw error;
  });
  if (end.code !== 0) {
    await dropHalf(name, work);
    throw failed(end, 'The database that was begun was taken away again.');
  }
  return { warnings: warningsOf(end) };
};

const restore = async (work: Work, into: string, how: readonly string[]): Promise<ToolEnd> => {
  const { entry, server, chunks, world, signal } = work;
  const program = toolPath(server.tools, 'pg_restore');
  const argv = [program, ...how, '--no-password', `--dbname=${asConnectionString(into)}`] as const;
  const command = await commandOf(entry, argv, into, world);
  // Somebody who uses a table all the time must not keep a restore waiting for ever.
  const env = { ...command.env, PGOPTIONS: '-c lock_timeout=600000' };
  return world.run(entry.at, { ...command, env, stdin: chunks }, signal);
};

const makeDatabase = async (name: string, work: Work): Promise<void> => {
  const end = await say(`CREATE DATABASE ${asIdentifier(name)} TEMPLATE template0;`, work, work.signal);
  if (end.code !== 0) throw failed(end, 'Nothing was changed.');
};

/** What was begun by us, and is no use to anyone. Also after an abort, so it has a time of its own. */
const dropHalf = async (name: string, work: Work): Promise<void> => {
  await say(`DROP DATABASE IF EXISTS ${asIdentifier(name)};`, work, AbortSignal.timeout(60_000)).catch(() => undefined);
};

const say = async (statement: string, { entry, server, world }: Work, signal: AbortSignal): Promise<ToolEnd> => {
  const argv = [toolPath(server.tools, 'psql'), '-X', '-q', '-v', 'ON_ERROR_STOP=1', '--no-password'] as const;
  const command = await commandOf(entry, argv, entry.database, world);
  return collectTool(world, entry.at, { ...command, stdin: text(statement) }, signal);
};

const text = async function* (statement: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${statement}\n`);
};

/** Roles and tablespaces: what is there already stays as it is there, which is no failure; anything else that is refused is. */
export const restoreGlobals = async (work: Work): Promise<DumpFacts> => {
  const { entry, server, chunks, world, signal } = work;
  // VERBOSITY brings SQLSTATE codes, which are the same in every language.
  const argv = [toolPath(server.tools, 'psql'), '-X', '-q', '-v', 'VERBOSITY=verbose', '--no-password'] as const;
  const command = await commandOf(entry, argv, entry.database, world);
  const end = await collectTool(world, entry.at, { ...command, stdin: onlyGlobals(chunks) }, signal);
  const refused = end.stderr.filter(
    (line) => /^psql:[^ ]*: .*?:\s+[0-9A-Z]{5}: /.test(line) && !/: 42710: /.test(line),
  );
  if (end.code !== 0 || refused.length > 0) {
    throw failed(refused.length > 0 ? { code: end.code, stderr: refused } : end, 'Some of it may have been written.');
  }
  return { warnings: [] };
};

const warningsOf = ({ stderr }: ToolEnd): readonly string[] =>
  stderr.filter((line) => line.startsWith('pg_restore: warning:')).map((line) => line.slice('pg_restore: '.length));

const failed = (end: ToolEnd, state: string): Problem => {
  const isRole = end.stderr.some((line) => /role ".*" does not exist/.test(line));
  return new Problem(
    'restore-failed',
    `PostgreSQL did not take the dump: ${printable(lastError(end), 300)}. ${state}`,
    isRole ? 'Restore the globals first: they hold the roles.' : 'Mend what it names, then run the same command again.',
    { cause: wordsOf(end) },
  );
};

/** The last lines are what a tool did afterwards ("Command was: …"); the error stands before them. */
const lastError = (end: ToolEnd): string =>
  (end.stderr.findLast((line) => /error:|ERROR:|FATAL:/.test(line)) ?? lastWord(end, 'it said nothing'))
    .trim()
    .replace(/\.$/, '');
