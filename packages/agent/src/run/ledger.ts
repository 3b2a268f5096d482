import { readFile } from 'node:fs/promises';
import { parseJson } from '@berth/common/parse-json.ts';
import { z } from 'zod';
import { replaceFile } from './replace-file.ts';

const instant = z.iso
  .datetime()
  .transform((text) => new Date(text))
  .nullable()
  .catch(null);

const ledgerSchema = z
  .object({
    prunedAt: instant.default(null),
    checkedAt: instant.default(null),
    checkedPart: z.int().min(0).catch(0).default(0),
  })
  .catch({ prunedAt: null, checkedAt: null, checkedPart: 0 });

/** What earlier runs did last: when prune and check succeeded, and which part of the data that check read. */
export type Ledger = Readonly<z.output<typeof ledgerSchema>>;

/** Reads the ledger. One that is missing or torn is an empty one: then prune and check are simply due. */
export const readLedger = async (file: string): Promise<Ledger> =>
  ledgerSchema.parse(parseJson(await readFile(file, 'utf8').catch(() => '{}')));

/** Writes the ledger so that a power cut leaves the old one or the new one. Rejects with the system's error. */
export const writeLedger = async (file: string, ledger: Ledger): Promise<void> =>
  replaceFile(file, `${JSON.stringify(ledger)}\n`);
