import { z } from 'zod';
import type { Database } from './engine.ts';
import { asField, commonFields, nameField, pathField } from './entry.ts';
import { atField } from './place.ts';
import { unfinished } from './unfinished.ts';

/** `engine: mongodb` in agent.yaml. */
export const mongodbSchema = z.strictObject({
  ...commonFields('mongodb'),
  at: atField(['host', 'tcp', 'container']),
  as: asField,
  user: nameField('user: backup').nullable().default(null),
  password_file: pathField('password_file: /etc/berth/mongo.pass').nullable().default(null),
  auth_database: nameField('auth_database: admin').default('admin'),
  /** A file with the line `mongodb://user:password@host/…`, for TLS, replica sets and whatever else a connection string can say. */
  uri_file: pathField('uri_file: /etc/berth/mongo.uri').nullable().default(null),
  /** A dump for each of these; all of the server in one dump unless said. */
  only: z.array(nameField('only: [shop]')).min(1).max(1000).nullable().default(null).meta({ example: 'only: [shop]' }),
  /** Of one moment, by the operations log, which only replica sets have; all databases in one dump. */
  oplog: z.boolean().default(false).meta({ example: 'oplog: true' }),
});

/** An entry of this engine. */
export type MongodbEntry = z.output<typeof mongodbSchema>;

/** Its `Database`. */
export const mongodbDatabase = (entry: MongodbEntry): Database => unfinished(entry.engine, entry.name, entry.timeout);
