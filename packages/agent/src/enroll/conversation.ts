import { createInterface } from 'node:readline/promises';

/** How enrolling talks to the person: on standard error, so that standard output stays for what programs read. */
export interface Conversation {
  /** Shows some lines. */
  readonly say: (text: string) => void;
  /** Shows what is being waited for; on a terminal the next one replaces it. */
  readonly progress: (text: string) => void;
  /** One line from the person, or null where no terminal is. */
  readonly ask: (question: string) => Promise<string | null>;
}

/** The conversation on this process's terminal. */
export const terminalConversation = (signal: AbortSignal): Conversation => {
  let pending = false;
  const say = (text: string): void => {
    process.stderr.write(`${pending ? '\r\u001b[K' : ''}${text}\n`);
    pending = false;
  };
  return {
    say,
    progress: (text) => {
      if (!process.stderr.isTTY) return;
      process.stderr.write(`\r\u001b[K${text}`);
      pending = true;
    },
    ask: async (question) => {
      if (!process.stdin.isTTY) return null;
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return (await lines.question(question, { signal })).trim();
      } finally {
        lines.close();
      }
    },
  };
};
