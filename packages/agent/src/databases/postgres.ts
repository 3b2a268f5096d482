import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import type { Database, EngineWorld } from './engine.ts';
import { asField, choiceFields, commonFields, nameField, pathField } from './entry.ts';
import { checkPassword, passwordFields } from './inside.ts';
import { atField } from './place.ts';
import { askServer, type PostgresServer } from './postgres/ask.ts';
import { describeServer, dumpUnit } from './postgres/dump.ts';
import { restoreArchive, restoreGlobals } from './postgres/restore.ts';
import { archiveVerifier, globalsVerifier } from './postgres/verify.ts';

/** `engine: postgres` in agent.yaml. */
export const postgresSchema = z
  .strictObject({
    ...commonFields('postgres'),
    at: atField(['host', 'tcp', 'socket', 'container']),
    as: asField,
    user: nameField('user: backup').nullable().default(null),
    ...passwordFields,
    /** A file of lines `host:port:database:user:password`, as psql reads it. */
    pgpass: pathField('pgpass: /etc/berth/pgpass').nullable().default(null),
    ...choiceFields,
    /** The database that is asked for the names of the others. */
    database: nameField('database: postgres').default('postgres'),
    /** Roles and tablespaces, which belong to no single database. */
    globals: z.boolean().default(true).meta({ example: 'globals: false' }),
    /** Of what leaves the tool; restic compresses and deduplicates better what comes plain. */
    compress: z.boolean().default(false).meta({ example: 'compress: true' }),
    /** Where pg_dump and its like are, if not on PATH and not where Debian puts them. */
    tools: pathField('tools: /usr/lib/postgresql/15/bin').nullable().default(null),
  })
  .superRefine(checkPassword);

/** An entry of this engine. */
export type PostgresEntry = z.output<typeof postgresSchema>;

/** Its `Database`: pg_dump's archive of each database, and pg_dumpall's text of what belongs to all. */
export const postgresDatabase = (entry: PostgresEntry): Database => {
  // Asked once: `describe` begins a run, and the dumps after it are of the same server.
  let asked: Promise<PostgresServer> | null = null;
  const ask = (world: EngineWorld, signal: AbortSignal): Promise<PostgresServer> => {
    const asking = askServer(entry, world, signal).catch((error: unknown) => {
      asked = null;
      throw error;
    });
    asked = asking;
    return asking;
  };
  return {
    engine: entry.engine,
    name: entry.name,
    timeoutMs: entry.timeout,
    describe: async (world, signal) => describeServer(entry, await ask(world, signal)),
    dump: async (unit, to, world, signal) =>
      dumpUnit(entry, await (asked ?? ask(world, signal)), { unit, to, world, signal }),
    verify: (unit, _folder, world, signal, isThorough = false) =>
      unit.database === null ? globalsVerifier() : archiveVerifier(entry, world, signal, isThorough),
    restore: async (unit, from, into, world, signal) => {
      if (from.kind !== 'stream') throw new Error('PostgreSQL dumps are streams');
      if (unit.database === null && into.kind === 'new') {
        throw new Problem(
          'not-supported',
          'Roles and tablespaces belong to the whole server, and to no database of another name.',
          'Restore them with --live, or into a file with --to-file.',
        );
      }
      const work = { entry, server: await ask(world, signal), chunks: from.chunks, world, signal };
      return unit.database === null ? restoreGlobals(work) : restoreArchive(unit.database, into, work);
    },
  };
};
