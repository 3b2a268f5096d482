import { parseJson } from '@berth/common/parse-json.ts';
import type { Logger } from 'pino';
import { z } from 'zod';
import { linesOf } from './lines.ts';

const longestLine = 64 * 1024;

/** A line as pino writes it. */
const entry = z.looseObject({ level: z.number(), msg: z.string().optional() });

/** What our own log says of every line, and nobody else does. */
const ours: ReadonlySet<string> = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'component', 'v']);

/** Makes a child's log ours, line by line. Answers with the last line that was none of its log: an error's words. */
export const relayLog = async (chunks: AsyncIterable<string>, log: Logger, name: string): Promise<string> => {
  let lastWords = '';
  for await (const line of linesOf(chunks, longestLine)) {
    const read = entry.safeParse(parseJson(line ?? ''));
    if (!read.success) {
      const words = (line ?? '').trim();
      if (words !== '') log.warn({ words: words.slice(0, 2000) }, name);
      // An uncaught error ends with a line that only names Node's version.
      if (/^\w*Error\b|^setpriv: /.test(words)) lastWords = words.slice(0, 500);
      continue;
    }
    const { level, msg = '' } = read.data;
    const fields = Object.fromEntries(Object.entries(read.data).filter(([name]) => !ours.has(name)));
    log[level >= 50 ? 'error' : level >= 40 ? 'warn' : level >= 30 ? 'info' : 'debug'](fields, msg);
    if (level >= 50) lastWords = msg.slice(0, 500);
  }
  return lastWords;
};
