import { z } from 'zod';
import type { Database } from './engine.ts';
import { asField, choiceFields, commonFields, nameField, pathField } from './entry.ts';
import { checkPassword, passwordFields } from './inside.ts';
import { atField } from './place.ts';
import { unfinished } from './unfinished.ts';

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

/** Its `Database`. */
export const mariadbDatabase = (entry: MariadbEntry): Database => unfinished(entry.engine, entry.name, entry.timeout);
