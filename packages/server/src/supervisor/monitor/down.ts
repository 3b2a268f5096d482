import { keyOf, type Word } from '../../events/condition.ts';
import type { WhyDown } from '../child/child.ts';
import { statement } from '../child/statement.ts';

const about = { code: 'monitor-down', source: null, subject: null } as const;

/** So that it is over, when it is. */
export const monitorIsUp: Word = { resolve: keyOf(about) };

/** What is so while the monitor does not do its work. */
export const monitorIsDown = (why: WhyDown): Word => ({
  raise: {
    ...about,
    severity: 'warning',
    text:
      `${statement('The monitor', why)} Backups and restores go on, but nobody is told of anything: ` +
      'no digest, no alert, no page, no metrics.',
    remedy: why.remedy ?? 'See what it says: the log of the server, the lines with "component":"monitor".',
  },
});
