import { printable } from '@berth/common/parsed.ts';
import { Problem } from '@berth/common/problem.ts';
import type { Described, DumpFacts, DumpTarget, EngineWorld, Unit, Verifier } from '../engine.ts';
import { isChosen } from '../entry.ts';
import type { MariadbEntry } from '../mariadb.ts';
import { fileNameOf } from '../name.ts';
import { createHead, createTail } from '../tail.ts';
import type { MariadbServer } from './ask.ts';
import { clientProblem } from './problems.ts';
import { runClient } from './run.ts';
import { knowsSystem } from './tools.ts';

/** What the server makes by itself. */
const own = new Set(['information_schema', 'performance_schema', 'sys', 'mysql']);

/**
 * The tools look routines and events up by the name as they wrote it into a statement, and find no database where that differs: the
 * dump ends with error 1049 (seen with mariadb-dump 10.11).
 */
const isMisread = (name: string): boolean => /['"\\\n\r\x1a]/.test(name);

/** Accounts first, as they are restored first. A database that `only:` names and the server lacks stays in, and fails each time. */
export const describeServer = (entry: MariadbEntry, server: MariadbServer): Described => {
  const { only } = entry;
  const found = server.databases.filter(
    (name) => isChosen(entry, name) && (!own.has(name) || only?.includes(name) === true),
  );
  const names = [...found, ...(only ?? []).filter((name) => !server.databases.includes(name))];
  const about = { engine: entry.engine, name: entry.name };
  const hasUsers = entry.users && knowsSystem(server.tools) && server.isMariadb;
  const users: Unit = { database: null, file: fileNameOf({ ...about, database: null, ending: 'sql' }), form: 'stream' };
  return {
    version: `${server.isMariadb ? 'MariaDB' : 'MySQL'} ${server.version}, ${server.tools.version}`,
    units: [
      ...(hasUsers ? [users] : []),
      ...names.map((database): Unit => {
        const isMissing = !server.databases.includes(database);
        return { database, file: fileNameOf({ ...about, database, ending: 'sql' }), form: 'stream', isMissing };
      }),
    ],
    warnings: [
      ...(entry.users && !hasUsers ? ['Accounts and grants are not copied: this server or its tools cannot.'] : []),
      ...found
        .filter((name) => server.untransacted.has(name) && !entry.lock && !own.has(name))
        .map(
          (name) =>
            `${printable(name, 100)} has tables that know no transactions, which may change while they are copied: write lock: true.`,
        ),
      ...found
        .filter((name) => server.programmed.has(name) && isMisread(name))
        .map(
          (name) =>
            `${printable(name, 100)} is copied without its routines and events: its name is too much for the tools.`,
        ),
    ],
  };
};

/** One unit into a stream, of which only the tool's own good end says that it is whole. */
export const dumpUnit = async (
  entry: MariadbEntry,
  server: MariadbServer,
  call: { readonly unit: Unit; readonly to: DumpTarget; readonly world: EngineWorld; readonly signal: AbortSignal },
): Promise<DumpFacts> => {
  const { unit, to, world, signal } = call;
  if (to.kind !== 'stream') throw new Error('these dumps are streams');
  const what = unit.database === null ? 'the accounts' : `the database ${printable(unit.database, 100)}`;
  let bytes = 0;
  const onStdout = (chunk: Uint8Array): void | Promise<void> => {
    bytes += chunk.length;
    return to.sink.write(chunk);
  };
  const end = await runClient(entry, argvOf(entry, server, unit), { onStdout }, world, signal);
  if (end.code !== 0) throw clientProblem(end, { place: entry.at, what, bytes });
  if (bytes === 0)
    throw new Problem('dump-empty', `The copy of ${what} is empty.`, `Try ${server.tools.dump} by hand.`);
  return { warnings: end.stderr.map((line) => line.trim()).filter((line) => /warning/i.test(line)) };
};

/** https://mariadb.com/kb/en/mariadb-dump/, https://dev.mysql.com/doc/refman/8.4/en/mysqldump.html */
const argvOf = (entry: MariadbEntry, { tools }: MariadbServer, { database }: Unit): readonly [string, ...string[]] => {
  // Comments hold the mark of a whole dump. A date in it would make each day's dump another one, though nothing changed.
  const always = ['--comments', '--skip-dump-date', '--default-character-set=utf8mb4', '--max-allowed-packet=1G'];
  if (database === null) return [tools.dump, ...always, '--system=users', '--insert-ignore'];
  return [
    tools.dump,
    ...always,
    entry.lock ? '--lock-all-tables' : '--single-transaction',
    ...['--quick', '--triggers', '--hex-blob'],
    ...(isMisread(database) ? ['--skip-routines', '--skip-events'] : ['--routines', '--events']),
    ...(tools.isMariadb ? [] : ['--no-tablespaces', '--set-gtid-purged=OFF', '--column-statistics=0']),
    ...['--databases', '--', database],
  ];
};

const damaged = (why: string): Problem =>
  new Problem('dump-unverified', `The dump is not whole: ${why}.`, 'The next run makes a new one.');

/** The tools write their mark when all else is written. */
export const dumpVerifier = (): Verifier => {
  const head = createHead(200);
  const tail = createTail(4096);
  return {
    see: (chunk) => {
      head.see(chunk);
      tail.see(chunk);
    },
    conclude: async () => {
      if (!/^(?:\/\*M?!999999[^\n]*\n)?-- (?:MariaDB|MySQL) dump/.test(head.text())) {
        throw damaged('it does not begin as mariadb-dump and mysqldump do');
      }
      if (!/\n-- Dump completed[^\n]*\n$/.test(tail.text()))
        throw damaged('its last line, "Dump completed", is not there');
      return 'stream';
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
};
