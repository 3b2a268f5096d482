import { keyOf, type Word } from '../../events/condition.ts';

const about = { code: 'coordinator-down', source: null, subject: null } as const;

/** So that it is over, when it is. */
export const isUpAgain: Word = { resolve: keyOf(about) };

/** What is so while the coordinator is down: `words` say why, `remedy` what to do where that is known. */
export const isDown = (words: string, remedy: string | null): Word => ({
  raise: {
    ...about,
    severity: 'warning',
    text:
      `The coordinator does not run: ${words || 'it says nothing'}. Backups and restores go on: machines run when they last knew they should, ` +
      'and keep their reports. Until it runs nobody is told of a backup that is overdue, and backups may run beside each other.',
    remedy: remedy ?? 'See what it says: the log of the server, the lines with "component":"coordinator".',
  },
});
