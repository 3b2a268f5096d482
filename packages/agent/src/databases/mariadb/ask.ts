import { wordsOf } from '../collect.ts';
import type { EngineWorld } from '../engine.ts';
import type { MariadbEntry } from '../mariadb.ts';
import { clientProblem } from './problems.ts';
import { runClient } from './run.ts';
import { findTools, type MariadbTools } from './tools.ts';

/** A server, as it answers, and the tools that are there. */
export interface MariadbServer {
  readonly version: string;
  readonly isMariadb: boolean;
  readonly databases: readonly string[];
  /** Which of them have tables that know no transactions, and routines or events. */
  readonly untransacted: ReadonlySet<string>;
  readonly programmed: ReadonlySet<string>;
  readonly tools: MariadbTools;
}

/** Names travel as hexadecimal digits, the one form that the client does not dress up. */
const question = `
select concat('v', version());
select concat('d', hex(schema_name)) from information_schema.schemata order by schema_name;
select distinct concat('m', hex(table_schema)) from information_schema.tables
  where table_type = 'BASE TABLE' and engine not in (select engine from information_schema.engines where transactions = 'YES');
select distinct concat('r', hex(routine_schema)) from information_schema.routines;
select distinct concat('r', hex(event_schema)) from information_schema.events`;

/** Asks the server who it is and what it holds. */
export const askServer = async (
  entry: MariadbEntry,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<MariadbServer> => {
  const tools = await findTools(entry, world, signal);
  const chunks: Uint8Array[] = [];
  const argv = [
    tools.client,
    ...['--batch', '--skip-column-names', '--connect-timeout=30', '--default-character-set=utf8mb4'],
    `--execute=${question}`,
  ] as const;
  const end = await runClient(entry, argv, { onStdout: (chunk) => void chunks.push(chunk) }, world, signal);
  if (end.code !== 0) throw clientProblem(end, { place: entry.at, what: 'the list of databases', bytes: 0 });
  const lines = Buffer.concat(chunks).toString('utf8').trim().split('\n');
  const all = (kind: string): readonly string[] =>
    lines.filter((line) => line.startsWith(kind)).map((line) => line.slice(1));
  const names = (kind: string): readonly string[] => all(kind).map((hex) => Buffer.from(hex, 'hex').toString('utf8'));
  const [version] = all('v');
  if (version === undefined) throw wordsOf(end);
  return {
    version,
    isMariadb: /mariadb/i.test(version),
    databases: names('d'),
    untransacted: new Set(names('m')),
    programmed: new Set(names('r')),
    tools,
  };
};
