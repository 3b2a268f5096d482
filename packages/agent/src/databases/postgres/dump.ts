import { printable } from '@berth/common/parsed.ts';
import { Problem } from '@berth/common/problem.ts';
import type { Described, DumpFacts, DumpTarget, EngineWorld, Unit } from '../engine.ts';
import { isChosen } from '../entry.ts';
import { fileNameOf } from '../name.ts';
import type { PostgresEntry } from '../postgres.ts';
import type { PostgresServer } from './ask.ts';
import { commandOf } from './connection.ts';
import { dumpProblem } from './problems.ts';
import { toolPath } from './tools.ts';

/**
 * Globals first, as they are restored first; then each database. One that `only:` names and the server lacks stays in: its dump fails each
 * time, which is how somebody hears of it.
 */
export const describeServer = (entry: PostgresEntry, server: PostgresServer): Described => {
  const found = server.databases.filter(({ name }) => isChosen(entry, name));
  const lost = (entry.only ?? []).filter((name) => !server.databases.some((one) => one.name === name));
  const names = [...found.filter(({ mayConnect }) => mayConnect).map(({ name }) => name), ...lost];
  const locked = found.filter(({ mayConnect }) => !mayConnect);
  const about = { engine: entry.engine, name: entry.name };
  const globals: Unit = {
    database: null,
    file: fileNameOf({ ...about, database: null, ending: 'sql' }),
    form: 'stream',
  };
  return {
    version: `PostgreSQL ${server.version}, ${server.tools.version}`,
    units: [
      ...(entry.globals ? [globals] : []),
      ...names.map((database): Unit => {
        const file = fileNameOf({ ...about, database, ending: 'dump' });
        return { database, file, form: 'stream', isMissing: lost.includes(database) };
      }),
    ],
    warnings: [
      ...(entry.globals && !server.isSuperuser
        ? [`The roles are copied without their passwords: ${printable(server.user, 100)} is no superuser.`]
        : []),
      ...locked.map(({ name }) => `${printable(name, 100)} is not copied: berth's user may not connect to it.`),
    ],
  };
};

/** One unit into a stream, of which only pg_dump's own good end says that it is whole. */
export const dumpUnit = async (
  entry: PostgresEntry,
  server: PostgresServer,
  call: {
    readonly unit: Unit;
    readonly to: DumpTarget;
    readonly world: EngineWorld;
    readonly signal: AbortSignal;
  },
): Promise<DumpFacts> => {
  const { unit, to, world, signal } = call;
  if (to.kind !== 'stream') throw new Error('PostgreSQL dumps are streams');
  const what = unit.database === null ? 'roles and tablespaces' : `the database ${printable(unit.database, 100)}`;
  let bytes = 0;
  const onStdout = (chunk: Uint8Array): void | Promise<void> => {
    bytes += chunk.length;
    return to.sink.write(chunk);
  };
  const command = await commandOf(entry, argvOf(entry, server, unit), unit.database ?? entry.database, world);
  const end = await world.run(entry.at, { ...command, onStdout }, signal);
  if (end.code !== 0) throw dumpProblem(end, what, entry.at, bytes);
  if (bytes === 0) throw new Problem('dump-empty', `The copy of ${what} is empty.`, 'Try pg_dump by hand.');
  return { warnings: end.stderr.map((line) => line.trim()).filter((line) => line.includes('warning:')) };
};

const argvOf = (entry: PostgresEntry, server: PostgresServer, unit: Unit): readonly [string, ...string[]] => {
  if (unit.database === null) {
    const passwords = server.isSuperuser ? [] : ['--no-role-passwords'];
    return [toolPath(server.tools, 'pg_dumpall'), '--globals-only', '--no-password', ...passwords];
  }
  // Plain blocks are what restic finds again from day to day. A table that is altered at this moment must not keep the dump waiting for ever.
  return [
    toolPath(server.tools, 'pg_dump'),
    '--format=custom',
    `--compress=${entry.compress ? 6 : 0}`,
    '--no-password',
    '--lock-wait-timeout=300000',
  ];
};
