import { collectTool } from '../collect.ts';
import type { EngineWorld } from '../engine.ts';
import type { PostgresEntry } from '../postgres.ts';
import { commandOf } from './connection.ts';
import { connectionProblem } from './problems.ts';
import { findTools, type PostgresTools, toolPath, toolsFor } from './tools.ts';

/** A server, as it answers, and the tools that fit it. */
export interface PostgresServer {
  readonly version: string;
  readonly isSuperuser: boolean;
  /** The user that was let in. */
  readonly user: string;
  readonly databases: readonly { readonly name: string; readonly mayConnect: boolean }[];
  readonly tools: PostgresTools;
}

const question = `
select v from (
  select 1 as n, current_setting('server_version') as v
  union all select 2, current_setting('server_version_num')
  union all select 3, current_setting('is_superuser')
  union all select 4, current_user::text
  union all select 5, case when has_database_privilege(oid, 'connect') then 'y' else 'n' end || datname
    from pg_catalog.pg_database where datallowconn and not datistemplate
) as all_of_it order by n, v collate "C"`;

/** Asks the server who it is and what it holds. Values come apart at NUL, the one character that no name has. */
export const askServer = async (
  entry: PostgresEntry,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<PostgresServer> => {
  const all = await findTools({ place: entry.at, as: entry.as, directory: entry.tools }, world, signal);
  const psql = toolPath(all[0] ?? { directory: null }, 'psql');
  const argv = [psql, '-X', '-A', '-t', '-0', '--no-password', '-c', question] as const;
  const command = await commandOf(entry, argv, entry.database, world);
  const end = await collectTool(world, entry.at, command, signal);
  if (end.code !== 0) throw connectionProblem(end, entry.at);
  const [version = '', number = '', isSuperuser, user = '', ...databases] = end.stdout.split('\0').slice(0, -1);
  return {
    version,
    isSuperuser: isSuperuser === 'on',
    user,
    databases: databases.map((answer) => ({ name: answer.slice(1), mayConnect: answer.startsWith('y') })),
    // 90624 was 9.6.24, 150018 is 15.18.
    tools: toolsFor(all, Math.floor(Number(number) / 10_000)),
  };
};
