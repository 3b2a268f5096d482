import { z } from 'zod';
import type { Database } from './engine.ts';
import { asField, commonFields, pathField } from './entry.ts';
import { atField } from './place.ts';
import { unfinished } from './unfinished.ts';

/** A name neo4j-admin takes: https://neo4j.com/docs/operations-manual/current/database-administration/ (3 to 63 of these). */
const databaseName = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9.-]{2,62}$/)
  .meta({ example: 'only: [neo4j]' });

/** `engine: neo4j` in agent.yaml. */
export const neo4jSchema = z.strictObject({
  ...commonFields('neo4j'),
  at: atField(['host', 'container']),
  /** The user that owns the database's files. */
  as: asField.prefault('neo4j'),
  /** Community must be stopped for a dump; Enterprise is backed up as it runs. */
  edition: z.enum(['community', 'enterprise']).default('community').meta({ example: 'edition: enterprise' }),
  /** What stops it, on a machine: its systemd unit. Not said: it is stopped by whoever starts the backup. */
  unit: z
    .string()
    .regex(/^[\w@.:-]{1,200}\.service$/)
    .nullable()
    .default('neo4j.service')
    .meta({ example: 'unit: neo4j.service' }),
  /** `system` holds users and roles. */
  only: z.array(databaseName).min(1).max(100).default(['system', 'neo4j']).meta({ example: 'only: [system, neo4j]' }),
  /** Where Enterprise listens for backups, if not on port 6362 of this machine or container. */
  from: z
    .string()
    .regex(/^[\w.-]{1,255}:\d{1,5}$/)
    .default('127.0.0.1:6362')
    .meta({ example: 'from: 127.0.0.1:6362' }),
  /** The program, if not on PATH. */
  admin: pathField('admin: /usr/share/neo4j/bin/neo4j-admin').nullable().default(null),
});

/** An entry of this engine. */
export type Neo4jEntry = z.output<typeof neo4jSchema>;

/** Its `Database`. */
export const neo4jDatabase = (entry: Neo4jEntry): Database => unfinished(entry.engine, entry.name, entry.timeout);
