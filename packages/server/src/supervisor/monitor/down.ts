import { keyOf, type Word } from '../../events/condition.ts';

const about = { code: 'monitor-down', source: null, subject: null } as const;

/** So that it is over, when it is. */
export const monitorIsUp: Word = { resolve: keyOf(about) };

/** What is so while the monitor is down: `words` say why, `remedy` what to do where that is known. */
export const monitorIsDown = (words: string, remedy: string | null): Word => ({
  raise: {
    ...about,
    severity: 'warning',
    text:
      `The monitor does not run: ${words || 'it says nothing'}. Backups and restores go on, but nobody is told of anything: ` +
      'no digest, no alert, no page, no metrics.',
    remedy: remedy ?? 'See what it says: the log of the server, the lines with "component":"monitor".',
  },
});
