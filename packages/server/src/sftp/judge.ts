import { formatSize, isBytes } from '@berth/common/size.ts';
import { z } from 'zod';
import type { Source } from '../sources/source.ts';
import type { PassReport } from './report.ts';

export const judgementSchema = z.object({
  /** As of the last pass that came to its end; null before the first. */
  usedBytes: z.int().nullable(),
  /** When that was, UTC. */
  at: z.string().nullable(),
  /** When one of its files last changed, UTC; null when none ever did. */
  changedAt: z.string().nullable(),
  /** Passes in a row that could not do their work. */
  failures: z.int(),
  /** What went wrong in the last one; null when nothing did. */
  failure: z.string().nullable(),
  /** Files and folders that the source closed to everyone, so that they can not be kept. */
  unreadable: z.int(),
  /** Why the source may not write; null when it may. */
  readOnly: z.string().nullable(),
});

/** What is known about an SFTP source, and what follows. */
export type Judgement = z.infer<typeof judgementSchema>;

/** One failed pass may be a file that was in motion; at the second, copies are not being made. */
const failuresBeforeReadOnly = 2;

const nothingKnown: Judgement = {
  usedBytes: null,
  at: null,
  changedAt: null,
  failures: 0,
  failure: null,
  unreadable: 0,
  readOnly: null,
};

/** What follows from a pass; a null report is one that did not come to its end, or none at all yet. */
export const judge = (
  source: Pick<Source, 'quotaBytes' | 'immutable'>,
  report: PassReport | null,
  before: Judgement | null,
): Judgement => {
  if (before === null) return nothingKnown;
  const usedBytes = report?.usedBytes ?? before.usedBytes;
  const failure = failureOf(report);
  const failures = failure === null ? 0 : before.failures + 1;
  const at = report === null ? before.at : new Date().toISOString();
  const newestMs = report?.newestMs ?? null;
  const changedAt = newestMs === null ? before.changedAt : new Date(newestMs).toISOString();
  const unreadable = report?.unreadable ?? before.unreadable;
  return {
    usedBytes,
    at,
    changedAt,
    failures,
    failure,
    unreadable,
    readOnly: reasonToStop(source, usedBytes, failures, failure),
  };
};

const failureOf = (report: PassReport | null): string | null => {
  if (report === null) return 'its files could not be looked at';
  return report.failed === 0
    ? null
    : `${report.failed} of its files or folders failed, the first with ${report.firstFailure}`;
};

const reasonToStop = (
  { quotaBytes, immutable }: Pick<Source, 'quotaBytes' | 'immutable'>,
  usedBytes: number | null,
  failures: number,
  failure: string | null,
): string | null => {
  if (quotaBytes !== null && usedBytes !== null && usedBytes > quotaBytes) {
    const used = isBytes(usedBytes) ? formatSize(usedBytes) : `${usedBytes} B`;
    return `over its quota: ${used} of ${formatSize(quotaBytes)} are used`;
  }
  if (immutable && failures >= failuresBeforeReadOnly) return `it can not be kept immutable: ${failure}`;
  return null;
};
