import type { Report, ReportStep } from '@berth/common/report.ts';
import { counts, isGood, type RunOutline } from '../coordinator/reports/outline.ts';
import type { Ping } from './ping.ts';

/** That a run began. */
export const startPing = (source: string, run: string): Ping => ({
  ...{ kind: 'start', run, words: `${source}: a backup began.`, log: '', durationMs: null },
});

/**
 * What a dead man's switch hears of a run that ended: null for one that found another going on and did nothing. A success made a snapshot; a
 * run that was broken off, a dry run, and one that made no snapshot are neither: the switch goes on waiting for a success.
 */
export const endPing = (source: string, outline: RunOutline, report: Report | null): Ping | null => {
  const { run, outcome, message, snapshot, warnings, durationMs, dryRun } = outline;
  if (outcome === 'busy') return null;
  const log = report === null ? '' : logOf(report);
  const ping = (kind: Ping['kind'], words: string): Ping => ({
    kind,
    run,
    words: `${source}: ${words}`,
    log,
    durationMs,
  });
  if (dryRun || !counts(outline)) return ping('noted', 'a dry run ended.');
  if (isGood(outline)) {
    const left = warnings === 0 ? '' : ` with ${warnings === 1 ? 'a warning' : `${warnings} warnings`}`;
    return ping('success', `snapshot ${(snapshot ?? '').slice(0, 8)}${left}.`);
  }
  if (outcome === 'failed') return ping('failure', message ?? 'the backup failed.');
  return ping('noted', message ?? (outcome === 'cancelled' ? 'the backup was broken off.' : 'no snapshot was made.'));
};

/** An SFTP source sends files, not reports: all that is known is that some arrived. */
export const arrivalPing = (source: string): Ping => ({
  ...{ kind: 'success', run: null, words: `${source}: new files have arrived.`, log: '', durationMs: null },
});

const logOf = ({ steps, warnings, remedy }: Report): string =>
  [...steps.flatMap(stepLines), ...warnings, ...(remedy === null ? [] : ['', remedy])].join('\n');

const stepLines = ({ name, attempt, outcome, reason, words, warnings }: ReportStep): readonly string[] => [
  `[${name}${attempt > 1 ? `, try ${attempt}` : ''}] ${outcome}${reason === null ? '' : ` (${reason})`}`,
  ...words,
  ...warnings,
];
