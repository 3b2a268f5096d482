import type { Report } from '@berth/common/report.ts';
import { newestReports } from '../run/report-file.ts';

/** What the reports on disk say, as far back as needed to answer. */
export interface History {
  /** The newest run that did anything, whatever came of it. */
  readonly last: Report | null;
  /** The newest run that made a snapshot. */
  readonly lastSnapshot: Report | null;
}

/** Reads reports, newest first, until both questions are answered. */
export const readHistory = async (directory: string): Promise<History> => {
  let last: Report | null = null;
  for await (const report of newestReports(directory)) {
    last ??= report;
    if (report.snapshot !== null) return { last, lastSnapshot: report };
  }
  return { last, lastSnapshot: null };
};
