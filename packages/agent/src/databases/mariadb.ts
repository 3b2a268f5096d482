import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import type { Database, EngineWorld } from './engine.ts';
import { asField, choiceFields, commonFields, nameField, pathField } from './entry.ts';
import { checkPassword, passwordFields } from './inside.ts';
import { askServer, type MariadbServer } from './mariadb/ask.ts';
import { describeServer, dumpUnit, dumpVerifier } from './mariadb/dump.ts';
import { restoreDump } from './mariadb/restore.ts';
import { atField } from './place.ts';

const fields = {
  at: atField(['host', 'tcp', 'socket', 'container']),
  as: asField,
  user: nameField('user: backup').nullable().default(null),
  ...passwordFields,
  /** A file with `[client]` and what belongs there, as the tools read it. */
  option_file: pathField('option_file: /etc/berth/my.cnf').nullable().default(null),
  ...choiceFields,
  /** Accounts and grants, which belong to no single database. */
  users: z.boolean().default(true).meta({ example: 'users: false' }),
  /** Holds every table still while it is copied: for tables that know no transactions (MyISAM, Aria). */
  lock: z.boolean().default(false).meta({ example: 'lock: true' }),
};

/** `engine: mariadb` in agent.yaml. */
export const mariadbSchema = z.strictObject({ ...commonFields('mariadb'), ...fields }).superRefine(checkPassword);

/** `engine: mysql` in agent.yaml. */
export const mysqlSchema = z.strictObject({ ...commonFields('mysql'), ...fields }).superRefine(checkPassword);

/** An entry of either. */
export type MariadbEntry = z.output<typeof mariadbSchema> | z.output<typeof mysqlSchema>;

/** Its `Database`: a dump of each database, and one of the accounts. */
export const mariadbDatabase = (entry: MariadbEntry): Database => {
  // Asked once: `describe` begins a run, and the dumps after it are of the same server.
  let asked: Promise<MariadbServer> | null = null;
  const ask = (world: EngineWorld, signal: AbortSignal): Promise<MariadbServer> => {
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
    verify: () => dumpVerifier(),
    restore: async (unit, from, into, world, signal) => {
      if (from.kind !== 'stream') throw new Error('these dumps are streams');
      if (unit.database === null && into.kind === 'new') {
        throw new Problem(
          'not-supported',
          'Accounts belong to the whole server, and to no database of another name.',
          'Restore them with --live, or into a file with --to-file.',
        );
      }
      const work = { entry, server: await ask(world, signal), chunks: from.chunks, world, signal };
      return restoreDump(unit.database, into, work);
    },
  };
};
