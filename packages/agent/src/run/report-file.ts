import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { parseJson } from '@berth/common/parse-json.ts';
import { type Report, reportSchema } from '@berth/common/report.ts';
import { replaceFile } from './replace-file.ts';

/** A year of daily runs, and some. */
const mostReports = 400;

/** `20261114T030000.000Z-5f4f1f0e.json`: sorts by time, and two runs of one millisecond don't meet. */
export const reportFileName = ({ startedAt, run }: Pick<Report, 'startedAt' | 'run'>): string =>
  `${startedAt.replace(/[-:]/g, '')}-${run.slice(0, 8)}.json`;

/**
 * Writes a report into the folder and removes the oldest beyond 400. When that can't be done the report goes to `lastResort` (standard
 * error), because a run that leaves no trace never happened. Never throws; answers the file, or null.
 */
export const writeReport = async (
  directory: string,
  report: Report,
  lastResort: (text: string) => void,
): Promise<string | null> => {
  const file = join(directory, reportFileName(report));
  try {
    await replaceFile(file, `${JSON.stringify(report, null, 2)}\n`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    lastResort(`berth: the report could not be written (${why}); here it is:\n${JSON.stringify(report)}\n`);
    return null;
  }
  await removeOld(directory).catch(() => undefined); // More reports than wanted harm nothing.
  return file;
};

const removeOld = async (directory: string): Promise<void> => {
  const reports = (await readdir(directory)).filter((name) => /^\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{8}\.json$/.test(name));
  const old = reports.toSorted().slice(0, Math.max(0, reports.length - mostReports));
  for (const name of old) await rm(join(directory, name), { force: true });
};

/**
 * The reports in the folder, newest first (their names sort by time), of runs that did anything: neither dry ones nor those that found
 * another going on. What is no report is passed over: a newer agent may have written others. A missing folder holds none.
 */
export async function* newestReports(directory: string): AsyncGenerator<Report, void> {
  for (const name of (await namesIn(directory)).toSorted().toReversed()) {
    const text = await readFile(join(directory, name), 'utf8').catch(() => '');
    const { success, data } = reportSchema.safeParse(parseJson(text));
    if (success && !data.dryRun && data.outcome !== 'busy') yield data;
  }
}

const namesIn = async (directory: string): Promise<readonly string[]> => {
  try {
    return (await readdir(directory)).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
};
