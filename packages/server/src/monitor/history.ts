import type { Report } from '@berth/common/report.ts';
import type { RunOutline } from '../coordinator/reports/outline.ts';
import type { SizeDay } from './state.ts';

/** What is looked up only when a person asks for it: the page of a source. Never throws; nothing where it can not be read. */
export interface History {
  /** The last `most` runs of a source, the newest first. */
  readonly runs: (source: string, most: number) => readonly RunOutline[];
  /** The whole report of a run; null where it is no longer kept. */
  readonly report: (source: string, run: string) => Report | null;
  /** How large it was, the oldest first. */
  readonly sizes: (source: string, days: number) => readonly SizeDay[];
}
