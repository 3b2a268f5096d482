import { keyOf, type Word } from '../../events/condition.ts';
import type { WhyDown } from '../child/child.ts';
import { statement } from '../child/statement.ts';

const about = { code: 'coordinator-down', source: null, subject: null } as const;

/** So that it is over, when it is. */
export const isUpAgain: Word = { resolve: keyOf(about) };

/** What is so while the coordinator does not do its work. */
export const isDown = (why: WhyDown): Word => ({
  raise: {
    ...about,
    severity: 'warning',
    text:
      `${statement('The coordinator', why)} Backups and restores go on: machines run when they last knew they should, ` +
      'and keep their reports. Until it runs nobody is told of a backup that is overdue, and backups may run beside each other.',
    remedy: why.remedy ?? 'See what it says: the log of the server, the lines with "component":"coordinator".',
  },
});
