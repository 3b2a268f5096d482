import { dirname } from 'node:path';
import type { EngineWorld } from '../engine.ts';
import { withInsideSecret } from '../inside.ts';
import type { PostgresEntry } from '../postgres.ts';
import type { ToolCommand } from '../tool.ts';

/**
 * A command of PostgreSQL's as it is started for this entry. Everything goes by variables: a database's name may look like a connection string
 * or an option, and a password in arguments could be read by anyone. https://www.postgresql.org/docs/current/libpq-envars.html
 */
export const commandOf = async (
  entry: PostgresEntry,
  argv: readonly [string, ...string[]],
  database: string,
  world: Pick<EngineWorld, 'secret' | 'privateText'>,
): Promise<ToolCommand> => ({
  argv: entry.password_env === null ? argv : withInsideSecret(argv, entry.password_env, 'PGPASSWORD'),
  as: entry.as,
  env: {
    ...placeVariables(entry),
    ...(entry.user !== null && { PGUSER: entry.user }),
    ...(await secretVariables(entry, world)),
    PGDATABASE: database,
    PGCONNECT_TIMEOUT: '30',
    PGAPPNAME: 'berth',
    PGCLIENTENCODING: 'UTF8',
  },
});

const placeVariables = ({ at }: PostgresEntry): Readonly<Record<string, string>> => {
  if (at.kind === 'tcp') return { PGHOST: at.host, ...(at.port !== null && { PGPORT: String(at.port) }) };
  if (at.kind !== 'socket') return {};
  // The folder, as psql takes it, or the very file in it, whose name ends in the port.
  const port = /\/\.s\.PGSQL\.(\d+)$/.exec(at.path);
  return port === null ? { PGHOST: at.path } : { PGHOST: dirname(at.path), PGPORT: port[1] ?? '' };
};

const secretVariables = async (
  entry: PostgresEntry,
  world: Pick<EngineWorld, 'secret' | 'privateText'>,
): Promise<Readonly<Record<string, string>>> => {
  if (entry.password_file !== null) return { PGPASSWORD: await world.secret(entry.password_file) };
  if (entry.pgpass === null) return {};
  // libpq only warns of a file that others can read, and goes on without: this says so first.
  await world.privateText(entry.pgpass);
  return { PGPASSFILE: entry.pgpass };
};

/** A database as `--dbname` takes it, whatever its name is. https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING */
export const asConnectionString = (database: string): string =>
  `dbname='${database.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;

/** A name in a statement. */
export const asIdentifier = (name: string): string => `"${name.replace(/"/g, '""')}"`;
