import { parseArgs } from 'node:util';

export const usage = `Usage: npm run demo:digest [-- --to FOLDER]
  --to FOLDER   where mail and pictures are written; berth-digest in the folder you are in, unless you say otherwise`;

/** What was typed; null for what nobody understands. */
export const formOf = (words: readonly string[]): { readonly folder: string } | null => {
  try {
    const { values } = parseArgs({ args: [...words], options: { to: { type: 'string' } } });
    return { folder: values.to ?? 'berth-digest' };
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
};
