import { z } from 'zod';
import type { Database } from './engine.ts';
import { commonFields, pathField } from './entry.ts';
import { httpFields } from './http.ts';
import { unfinished } from './unfinished.ts';

/** `engine: vault` in agent.yaml. */
export const vaultSchema = z.strictObject({
  ...commonFields('vault'),
  ...httpFields(8200),
  token_file: pathField('token_file: /etc/berth/vault.token'),
  /** At a restore: into a Vault with other unseal keys, which then has those of the snapshot. */
  force: z.boolean().default(false).meta({ example: 'force: true' }),
});

/** An entry of this engine. */
export type VaultEntry = z.output<typeof vaultSchema>;

/** Its `Database`. */
export const vaultDatabase = (entry: VaultEntry): Database => unfinished(entry.engine, entry.name, entry.timeout);
