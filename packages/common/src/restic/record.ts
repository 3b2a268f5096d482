import { stripVTControlCharacters } from 'node:util';
import { isJsonObject, parseJson } from '../parse-json.ts';
import { exitErrorSchema, itemErrorSchema, messageSchema } from './messages.ts';
import type { ItemError, Words } from './result.ts';

const mostWords = 200;
const longestWord = 2000;
const mostItemErrors = 100;
const mostWarnings = 50;

/** Collects what a command says on stderr, in bounded memory. `look` sees every plain line as it comes. */
export const createRecord = (look: (line: string) => void) => {
  const first: string[] = [];
  const last: string[] = [];
  const warnings: string[] = [];
  const itemErrors: ItemError[] = [];
  let itemErrorCount = 0;

  /** Keeps the first and the last half: the cause stands at the top, the verdict at the bottom. */
  const say = (text: string) => {
    for (const raw of text.split('\n')) {
      const line = printable(raw);
      if (line === '') continue;
      look(line);
      if (first.length < mostWords / 2) first.push(line);
      else if (last.push(line) > mostWords / 2) last.shift();
    }
  };
  const warn = (text: string) => {
    if (warnings.length < mostWarnings) warnings.push(printable(text));
  };
  const fault = (item: string, during: string, message: string) => {
    itemErrorCount += 1;
    if (itemErrors.length >= mostItemErrors) return;
    itemErrors.push({ item: printable(item), during: printable(during), message: printable(message) });
  };
  const stderr = (line: string) => {
    const json = line.startsWith('{') ? parseJson(line) : null;
    if (!isJsonObject(json)) {
      if (/ does not exist, skipping$/.test(line)) warn(line);
      // restore of 0.14, which prints no JSON.
      const [, item, message] = /^ignoring error for (.+?): (.*)$/.exec(line) ?? [];
      if (item !== undefined && message !== undefined) return fault(item, 'restore', message);
      return say(line);
    }
    const error = itemErrorSchema.safeParse(json);
    if (error.success && (error.data.item !== '' || error.data.during !== '')) {
      return fault(error.data.item, error.data.during, error.data.error);
    }
    const exit = exitErrorSchema.safeParse(json);
    if (exit.success) return say(exit.data.message);
    const message = typeof json['message'] === 'string' ? json['message'] : null;
    if (message !== null) return say(message);
    // Types of message that later versions add are no fault.
    if (!messageSchema.safeParse(json).success) warn(`restic said what berth can't read: ${line.slice(0, 200)}`);
  };
  const collected = (): Words => ({ words: [...first, ...last], warnings, itemErrors, itemErrorCount });
  return { stderr, warn, collected };
};

/** One such collection. */
export type Record = ReturnType<typeof createRecord>;

/** File names and a server's words go to terminals and reports: no escape sequence or control character goes with them. */
const printable = (text: string): string =>
  stripVTControlCharacters(text)
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, longestWord);
