import { z } from 'zod';
import { commandDatabase, commandSchema } from './command.ts';
import { elasticsearchDatabase, elasticsearchSchema, opensearchSchema } from './elasticsearch.ts';
import type { Database } from './engine.ts';
import { etcdDatabase, etcdSchema } from './etcd.ts';
import { influxdbDatabase, influxdbSchema } from './influxdb.ts';
import { mariadbDatabase, mariadbSchema, mysqlSchema } from './mariadb.ts';
import { minioDatabase, minioSchema } from './minio.ts';
import { mongodbDatabase, mongodbSchema } from './mongodb.ts';
import { neo4jDatabase, neo4jSchema } from './neo4j.ts';
import { postgresDatabase, postgresSchema } from './postgres.ts';
import { prometheusDatabase, prometheusSchema } from './prometheus.ts';
import { qdrantDatabase, qdrantSchema } from './qdrant.ts';
import { rabbitmqDatabase, rabbitmqSchema } from './rabbitmq.ts';
import { redisDatabase, redisSchema, valkeySchema } from './redis.ts';
import { sqliteDatabase, sqliteSchema } from './sqlite.ts';
import { vaultDatabase, vaultSchema } from './vault.ts';
import { withoutSecrets } from './without-secrets.ts';

/** One entry of `databases:`, whichever engine it names. */
export const databaseEntry = z
  .discriminatedUnion('engine', [
    withoutSecrets(postgresSchema),
    withoutSecrets(mariadbSchema),
    withoutSecrets(mysqlSchema),
    withoutSecrets(sqliteSchema),
    withoutSecrets(redisSchema),
    withoutSecrets(valkeySchema),
    withoutSecrets(rabbitmqSchema),
    withoutSecrets(etcdSchema),
    withoutSecrets(mongodbSchema),
    withoutSecrets(qdrantSchema),
    withoutSecrets(neo4jSchema),
    withoutSecrets(vaultSchema),
    withoutSecrets(prometheusSchema),
    withoutSecrets(minioSchema),
    withoutSecrets(influxdbSchema),
    withoutSecrets(elasticsearchSchema),
    withoutSecrets(opensearchSchema),
    withoutSecrets(commandSchema),
  ])
  .meta({ example: '{ engine: postgres, as: postgres }' });

/** One entry of `databases:`, every default filled in. */
export type DatabaseEntry = z.output<typeof databaseEntry>;

/** What knows how to copy it, and how to put it back. Touches nothing. */
export const openDatabase = (entry: DatabaseEntry): Database => {
  switch (entry.engine) {
    case 'postgres':
      return postgresDatabase(entry);
    case 'mariadb':
    case 'mysql':
      return mariadbDatabase(entry);
    case 'sqlite':
      return sqliteDatabase(entry);
    case 'redis':
    case 'valkey':
      return redisDatabase(entry);
    case 'rabbitmq':
      return rabbitmqDatabase(entry);
    case 'etcd':
      return etcdDatabase(entry);
    case 'mongodb':
      return mongodbDatabase(entry);
    case 'qdrant':
      return qdrantDatabase(entry);
    case 'neo4j':
      return neo4jDatabase(entry);
    case 'vault':
      return vaultDatabase(entry);
    case 'prometheus':
      return prometheusDatabase(entry);
    case 'minio':
      return minioDatabase(entry);
    case 'influxdb':
      return influxdbDatabase(entry);
    case 'elasticsearch':
    case 'opensearch':
      return elasticsearchDatabase(entry);
    case 'command':
      return commandDatabase(entry);
  }
};
