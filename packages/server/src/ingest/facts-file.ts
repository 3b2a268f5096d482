import { join } from 'node:path';
import { z } from 'zod';
import { readJson } from '../events/json-file.ts';
import { replaceFile } from '../replace-file.ts';
import { type PhoneFacts, phoneFactsSchema } from './facts.ts';

const fileSchema = z.object({
  version: z.literal(1),
  phones: z.array(
    z.object({
      /** What the facts are about: of a phone with another folder or another mirror nothing of them holds. */
      about: z.string(),
      facts: phoneFactsSchema,
    }),
  ),
});

/** What is known of a phone, and what that is about. */
export type KeptFacts = z.output<typeof fileSchema>['phones'][number];

const fileIn = (dataDir: string): string => join(dataDir, 'phones', 'facts.json');

/** What the server last knew of its phones, also after it has ended; none where it had none. Throws `not-allowed` for whoever may not read it. */
export const readPhoneFacts = (dataDir: string): readonly PhoneFacts[] =>
  readKeptFacts(dataDir).map(({ facts }) => facts);

/** The same with what it is about. A file that nobody understands holds nothing. */
export const readKeptFacts = (dataDir: string): readonly KeptFacts[] => {
  const read = readJson(fileIn(dataDir), fileSchema);
  return read.kind === 'ok' ? read.value.phones : [];
};

/** Replaces what is known. Not synced: after a power cut it is found out anew. The folder is there. */
export const writePhoneFacts = (dataDir: string, phones: readonly KeptFacts[]): void =>
  replaceFile(fileIn(dataDir), `${JSON.stringify({ version: 1, phones }, null, 1)}\n`, 0o600);
