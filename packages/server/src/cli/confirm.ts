import { createInterface } from 'node:readline/promises';
import { Problem } from '@berth/common/problem.ts';

/**
 * Asks the person at the terminal to type `word`, and resolves when it was typed. Throws `declined` for anything else,
 * and `confirmation-needed` where nobody sits at a terminal; `command` is what to type there instead.
 */
export const confirmByTyping = async (question: string, word: string, command: string): Promise<void> => {
  if (!process.stdin.isTTY) {
    throw new Problem(
      'confirmation-needed',
      'Nobody is at a terminal to be asked.',
      `If you are sure, type: ${command}`,
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(question);
    if (answer.trim() === word) return;
  } finally {
    terminal.close();
  }
  throw new Problem(
    'declined',
    `That was not ${word}. Nothing was changed.`,
    'Type the same command to be asked again.',
  );
};
