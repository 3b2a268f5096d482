import { Problem } from '@berth/common/problem.ts';
import type { Logger } from 'pino';
import { keyOf, type Word } from '../../events/condition.ts';

const about = (source: string) => ({ code: 'job-failed', source, subject: 'backup' }) as const;

/** No backup of this phone can even begin, for this reason; it is tried again. */
export const backupIsStuck = (source: string, error: unknown, words: string): Word => ({
  raise: {
    ...{ ...about(source), severity: 'warning' },
    text: `The backup of ${source} could not be started; it is tried again. ${words}.`,
    remedy: error instanceof Problem ? error.remedy : 'Look at the log of the server.',
  },
});

/** The end of that. */
export const backupBegins = (source: string): Word => ({ resolve: keyOf(about(source)) });

/** Why something of a phone could not be started: in words without a full stop, and few. What nobody foresaw is logged. */
export const wordsOf = (error: unknown, log: Logger): string => {
  if (!(error instanceof Problem)) log.error({ err: error }, 'something of a phone could not be started');
  const words = error instanceof Error ? error.message : String(error);
  return words.slice(0, 500).replace(/\.$/, '');
};
