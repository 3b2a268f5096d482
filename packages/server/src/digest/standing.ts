import type { Condition, Severity } from '../events/condition.ts';
import type { OverviewSource } from '../monitor/overview.ts';

/** How a source stands, the worst first. `danger`: it backs up, but its data is in danger: much of it was deleted, files are damaged. */
export const standings = ['unreadable', 'danger', 'overdue', 'failing', 'never', 'warned', 'fine'] as const;
export type Standing = (typeof standings)[number];

/**
 * How a source stands: its state, but nothing is called fine that has an open condition, since a backup that arrives is no
 * comfort while its past is being deleted.
 */
export const standingOf = (
  { state }: Pick<OverviewSource, 'state'>,
  open: readonly Pick<Condition, 'severity'>[],
): Standing => {
  const worst = worstOf(open);
  const isMild = state === 'fine' || state === 'warned' || state === 'never' || state === 'failing';
  if (worst === 'critical' && isMild) return 'danger';
  return worst === 'warning' && state === 'fine' ? 'warned' : state;
};

const worstOf = (open: readonly { readonly severity: Severity }[]): Severity | null =>
  open.some(({ severity }) => severity === 'critical')
    ? 'critical'
    : open.some(({ severity }) => severity === 'warning')
      ? 'warning'
      : null;

/** How loud something is said. */
export type Tone = 'good' | 'notice' | 'warning' | 'critical';

/** A standing in a word or two, as it is counted, and by a sign, so that nobody needs colours. */
export const standingWords: Readonly<
  Record<Standing, { readonly word: string; readonly counted: string; readonly tone: Tone }>
> = {
  unreadable: { word: 'unreadable', counted: 'unreadable', tone: 'critical' },
  danger: { word: 'in danger', counted: 'in danger', tone: 'critical' },
  overdue: { word: 'overdue', counted: 'overdue', tone: 'critical' },
  failing: { word: 'failing', counted: 'failing', tone: 'warning' },
  never: { word: 'no backup yet', counted: 'not backed up yet', tone: 'notice' },
  warned: { word: 'with warnings', counted: 'with warnings', tone: 'warning' },
  fine: { word: 'fine', counted: 'fine', tone: 'good' },
};

/** Latin-1 or nearly: every mail client's font has them, and none makes a picture of them. */
export const signs: Readonly<Record<Tone, string>> = { good: '\u2713', notice: 'i', warning: '!', critical: '\u00d7' };
