import { z } from 'zod';
import type { Database, Unit } from './engine.ts';
import { asField, commonFields, nameField, pathField } from './entry.ts';
import { checkPassword, passwordFields } from './inside.ts';
import { fileNameOf } from './name.ts';
import { atField } from './place.ts';
import { aofVerifier, dumpAof, putBackRewriting, restoreAof } from './redis/aof.ts';
import { describeServer } from './redis/describe.ts';
import { dumpByReplication, dumpBySaving } from './redis/rdb.ts';
import { rdbVerifier } from './redis/rdb-verifier.ts';
import { restoreRdb } from './redis/restore.ts';
import { stopField } from './stop.ts';

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
  /** How the RDB comes: as a replica gets it, or by the file that the server saves, for servers that let nobody replicate. */
  by: z.enum(['replication', 'bgsave']).default('replication').meta({ example: 'by: bgsave' }),
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
export const redisDatabase = (entry: RedisEntry): Database => {
  const { engine, name, timeout: timeoutMs } = entry;
  const isRdb = entry.form === 'rdb';
  const file = fileNameOf({ engine, name, database: null, ending: isRdb ? 'rdb' : null });
  const unit: Unit = { database: null, file, form: isRdb ? 'stream' : 'folder' };
  return {
    engine,
    name,
    timeoutMs,
    describe: async (world, signal) => ({ ...(await describeServer(entry, world, signal)), units: [unit] }),
    dump: async (_unit, to, world, signal) => {
      if (to.kind === 'folder') return await dumpAof(entry, to.path, world, signal);
      if (entry.by === 'bgsave') await dumpBySaving(entry, to.sink, world, signal);
      else await dumpByReplication(entry, to.sink, world, signal);
      return { warnings: [] };
    },
    // An older dump may be of the other form than the entry is now.
    verify: (_unit, folder, world, signal) =>
      folder === null ? rdbVerifier(entry, world, signal) : aofVerifier(entry, folder, world, signal),
    restore: async (_unit, from, into, world, signal) =>
      from.kind === 'folder'
        ? await restoreAof(entry, from.path, into, world, signal)
        : await restoreRdb(entry, from, into, world, signal),
    putBack: (what, world, signal) => putBackRewriting(entry, what, world, signal),
  };
};
