import { Problem } from '@berth/common/problem.ts';
import { dumpName, type StoredDump } from '../databases/stored.ts';
import type { Conversation } from '../enroll/conversation.ts';

/** A line for each thing that a live restore replaces, by what. `now` is for its age. */
export const planText = (
  dumps: readonly StoredDump[],
  about: { readonly server: string; readonly safety: boolean; readonly words: (dump: StoredDump) => string },
): string => {
  const lines = dumps.map((dump) => `  ${about.words(dump)}\n`);
  const before = about.safety
    ? 'What is there now is dumped first (tag db:before-restore).'
    : 'What is there now is NOT dumped first (--no-safety).';
  return `This replaces what is live in ${about.server}:\n${lines.join('')}${before}\n`;
};

/**
 * Has the person type the name of what is replaced. Throws 'unconfirmed' where they typed something else, or where no terminal is to type at; then
 * nothing was changed.
 */
export const confirm = async (name: string, conversation: Pick<Conversation, 'ask'>): Promise<void> => {
  const typed = await conversation.ask(`Type ${name} to go on, anything else to leave it as it is: `);
  if (typed === name) return;
  if (typed === null) {
    throw new Problem(
      'unconfirmed',
      'Nobody is at a terminal to say that the live database may be replaced. Nothing was changed.',
      'Type it at a terminal, or add --yes.',
    );
  }
  throw new Problem(
    'unconfirmed',
    `That was not ${name}. Nothing was changed.`,
    `Run the same command again, and type ${name}.`,
  );
};

/** What is typed: the database, or the entry where it is all of it. */
export const nameToType = (dumps: readonly StoredDump[]): string => {
  const [only, second] = dumps;
  if (only === undefined) return '';
  // A name no keyboard has is typed as the tag has it.
  const name = second === undefined ? dumpName(only) : only.entry;
  return /^[\p{L}\p{N}\p{P}\p{S} ]+$/u.test(name) ? name : only.entry;
};
