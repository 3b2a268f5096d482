import { z } from 'zod';
import type { Database } from './engine.ts';
import { commonFields, pathField } from './entry.ts';
import { atField } from './place.ts';
import { unfinished } from './unfinished.ts';

/** `engine: sqlite` in agent.yaml. */
export const sqliteSchema = z.strictObject({
  ...commonFields('sqlite'),
  /** In a container, `file` and `also` are paths inside it. */
  at: atField(['host', 'container']),
  file: pathField('file: /srv/vault/db.sqlite3'),
  /** Files and folders that belong to it, copied after it: attachments, keys. One that is not there is left out, and named. */
  also: z
    .array(pathField('also: [/srv/vault/attachments]'))
    .max(100)
    .default([])
    .meta({ example: 'also: [/srv/vault/attachments, /srv/vault/rsa_key.pem]' }),
});

/** An entry of this engine. */
export type SqliteEntry = z.output<typeof sqliteSchema>;

/** Its `Database`. */
export const sqliteDatabase = (entry: SqliteEntry): Database => unfinished(entry.engine, entry.name, entry.timeout);
