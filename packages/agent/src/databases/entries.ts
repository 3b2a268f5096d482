import { z } from 'zod';
import type { Database } from './engine.ts';
import { mariadbDatabase, mariadbSchema, mysqlSchema } from './mariadb.ts';
import { postgresDatabase, postgresSchema } from './postgres.ts';
import { sqliteDatabase, sqliteSchema } from './sqlite.ts';
import { withoutSecrets } from './without-secrets.ts';

/** One entry of `databases:`, whichever engine it names. */
export const databaseEntry = z
  .discriminatedUnion('engine', [
    withoutSecrets(postgresSchema),
    withoutSecrets(mariadbSchema),
    withoutSecrets(mysqlSchema),
    withoutSecrets(sqliteSchema),
  ])
  .meta({ example: '{ engine: postgres, as: postgres }' });

/** One entry of `databases:`, every default filled in. */
export type DatabaseEntry = z.output<typeof databaseEntry>;

/** What knows how to copy it. Touches nothing. */
export const openDatabase = (entry: DatabaseEntry): Database => {
  switch (entry.engine) {
    case 'postgres':
      return postgresDatabase(entry);
    case 'mariadb':
    case 'mysql':
      return mariadbDatabase(entry);
    case 'sqlite':
      return sqliteDatabase(entry);
  }
};
