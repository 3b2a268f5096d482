import { z } from 'zod';
import type { Database } from './engine.ts';
import { asField, commonFields, nameField, pathField } from './entry.ts';
import { checkPassword, passwordFields } from './inside.ts';
import { atField } from './place.ts';
import { stopField } from './stop.ts';
import { unfinished } from './unfinished.ts';

const fields = {
  at: atField(['host', 'tcp', 'socket', 'container']),
  as: asField,
  /** Of the server's access list; the default user where none is named. */
  user: nameField('user: backup').nullable().default(null),
  ...passwordFields,
  tls: z.boolean().default(false).meta({ example: 'tls: true' }),
  /** The authority that signed the server's certificate, where the machine does not know it. */
  ca_file: pathField('ca_file: /etc/berth/redis-ca.pem').nullable().default(null),
  /** `rdb`: one moment, streamed. `aof`: the append-only files as they lie in the server's folder, which must be on this machine. */
  form: z.enum(['rdb', 'aof']).default('rdb').meta({ example: 'form: aof' }),
  /** The server's folder on this machine, where it cannot be asked; a restore into the live server writes there. */
  data: pathField('data: /var/lib/redis').nullable().default(null),
  stop: stopField('stop: { unit: redis-server.service }'),
};

/** `engine: redis` in agent.yaml. */
export const redisSchema = z.strictObject({ ...commonFields('redis'), ...fields }).superRefine(checkPassword);

/** `engine: valkey` in agent.yaml. */
export const valkeySchema = z.strictObject({ ...commonFields('valkey'), ...fields }).superRefine(checkPassword);

/** An entry of either. */
export type RedisEntry = z.output<typeof redisSchema> | z.output<typeof valkeySchema>;

/** Its `Database`. */
export const redisDatabase = (entry: RedisEntry): Database => unfinished(entry.engine, entry.name, entry.timeout);
