import { z } from 'zod';
import type { Database } from './engine.ts';
import { asField, choiceFields, commonFields, nameField, pathField } from './entry.ts';
import { checkPassword, passwordFields } from './inside.ts';
import { atField } from './place.ts';
import { unfinished } from './unfinished.ts';

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

/** Its `Database`. */
export const postgresDatabase = (entry: PostgresEntry): Database => unfinished(entry.engine, entry.name, entry.timeout);
