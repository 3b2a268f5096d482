import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { parseJson } from '@berth/common/parse-json.ts';
import { type Report, reportSchema } from '@berth/common/report.ts';

/** What the reports on disk say, as far back as needed to answer. */
export interface History {
  /** The newest run that did anything, whatever came of it. */
  readonly last: Report | null;
  /** The newest run that made a snapshot. */
  readonly lastSnapshot: Report | null;
}

/**
 * Reads reports, newest first (their names sort by time), until both questions are answered. What is no report is passed over: a newer agent
 * may have written others. A missing folder is no history.
 */
export const readHistory = async (directory: string): Promise<History> => {
  let last: Report | null = null;
  for (const name of (await namesIn(directory)).toSorted().toReversed()) {
    const report = await readReport(join(directory, name));
    if (report === null || report.dryRun || report.outcome === 'busy') continue;
    last ??= report;
    if (report.snapshot !== null) return { last, lastSnapshot: report };
  }
  return { last, lastSnapshot: null };
};

const namesIn = async (directory: string): Promise<readonly string[]> => {
  try {
    return (await readdir(directory)).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
};

const readReport = async (file: string): Promise<Report | null> => {
  const parsed = reportSchema.safeParse(parseJson(await readFile(file, 'utf8').catch(() => '')));
  return parsed.success ? parsed.data : null;
};
