import type { RunOutline } from '../../coordinator/reports/outline.ts';
import type { OverviewSource } from '../../monitor/overview.ts';
import type { PageFacts } from '../page.ts';
import type { SourceDetail } from './source.ts';

const mostRuns = 50;
const mostDays = 180;

/** What is looked up for the page of a source: its last runs, and the report of the one asked for, else of the one that says most. */
export const detailOf = (
  { history, events }: Pick<PageFacts, 'history' | 'events'>,
  { name }: OverviewSource,
  asked: string | null,
): SourceDetail => {
  const runs = history.runs(name, mostRuns);
  const run = runs.find((one) => one.run === asked) ?? tellingOf(runs);
  return {
    ...{ runs, run, report: run === null ? null : history.report(name, run.run) },
    ...{ sizes: history.sizes(name, mostDays), events: events() },
  };
};

/** The last run, where it did not go well; a success before which others failed needs no telling. */
const tellingOf = (runs: readonly RunOutline[]): RunOutline | null => {
  const last = runs.find(({ dryRun, outcome }) => !dryRun && outcome !== 'busy');
  return last === undefined || last.outcome === 'ok' ? null : last;
};
