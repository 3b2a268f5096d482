import { z } from 'zod';
import type { Database } from './engine.ts';
import { commonFields, nameField, pathField } from './entry.ts';
import { httpFields } from './http.ts';
import { unfinished } from './unfinished.ts';

const bucket = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
  .meta({ example: 'only: [photos]' });

/** `engine: minio` in agent.yaml: the buckets of an S3 server. Its data path belongs under `containers:` or `paths:` instead. */
export const minioSchema = z.strictObject({
  ...commonFields('minio'),
  ...httpFields(9000),
  access_key: nameField('access_key: backup'),
  secret_key_file: pathField('secret_key_file: /etc/berth/minio.key'),
  only: z.array(bucket).min(1).max(1000).nullable().default(null).meta({ example: 'only: [photos]' }),
  except: z.array(bucket).max(1000).default([]).meta({ example: 'except: [scratch]' }),
  /** MinIO's client, which Midnight Commander may hide. */
  mc: pathField('mc: /usr/local/bin/mc').nullable().default(null),
});

/** An entry of this engine. */
export type MinioEntry = z.output<typeof minioSchema>;

/** Its `Database`. */
export const minioDatabase = (entry: MinioEntry): Database => unfinished(entry.engine, entry.name, entry.timeout);
