import { z } from 'zod';
import type { Database } from './engine.ts';
import { choiceFields, commonFields, pathField } from './entry.ts';
import { httpFields } from './http.ts';
import { unfinished } from './unfinished.ts';

/** `engine: qdrant` in agent.yaml. */
export const qdrantSchema = z.strictObject({
  ...commonFields('qdrant'),
  ...httpFields(6333),
  api_key_file: pathField('api_key_file: /etc/berth/qdrant.key').nullable().default(null),
  ...choiceFields,
});

/** An entry of this engine. */
export type QdrantEntry = z.output<typeof qdrantSchema>;

/** Its `Database`. */
export const qdrantDatabase = (entry: QdrantEntry): Database => unfinished(entry.engine, entry.name, entry.timeout);
