import { z } from 'zod';
import type { Database } from './engine.ts';
import { commonFields, nameField, pathField } from './entry.ts';
import { httpFields } from './http.ts';
import { unfinished } from './unfinished.ts';

const fields = {
  ...httpFields(9200),
  user: nameField('user: backup').nullable().default(null),
  password_file: pathField('password_file: /etc/berth/elastic.pass').nullable().default(null),
  /** Elasticsearch's API keys, base64 as it gave it. */
  api_key_file: pathField('api_key_file: /etc/berth/elastic.key').nullable().default(null),
  /** The snapshot repository of type `fs`, registered with the server, that nobody but berth writes to. */
  repository: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,100}$/)
    .default('berth')
    .meta({ example: 'repository: berth' }),
  /** The repository's folder as this machine sees it. */
  path: pathField('path: /srv/elasticsearch/snapshots'),
  /** How many of our snapshots stay in the repository; what they share lies there once. */
  keep: z.int().min(1).max(100).default(3).meta({ example: 'keep: 3' }),
};

/** `engine: elasticsearch` in agent.yaml. */
export const elasticsearchSchema = z.strictObject({ ...commonFields('elasticsearch'), ...fields });

/** `engine: opensearch` in agent.yaml. */
export const opensearchSchema = z.strictObject({ ...commonFields('opensearch'), ...fields });

/** An entry of either. */
export type ElasticsearchEntry = z.output<typeof elasticsearchSchema> | z.output<typeof opensearchSchema>;

/** Its `Database`; the two speak alike. */
export const elasticsearchDatabase = (entry: ElasticsearchEntry): Database =>
  unfinished(entry.engine, entry.name, entry.timeout);
