import { boundLines, type Report, type StepName } from '@berth/common/report.ts';

/** Steps that servers older than databases and containers do not know: they refuse the whole report. */
const newer: ReadonlySet<StepName> = new Set(['recover', 'dump', 'quiesce', 'snapshot', 'restart']);

/**
 * A report without what an older server cannot read, or null where it has nothing of that. How the run went, and why, is in it all the same; what is
 * left out stands on this machine. An older server that heard of no run at all would take this machine for silent.
 */
export const forOlderServer = (report: Report): Report | null => {
  const steps = report.steps.filter(({ name }) => !newer.has(name));
  const leftOut = report.steps.length - steps.length;
  if (leftOut === 0) return null;
  const words = `${leftOut} steps about databases and containers are left out: this server is older than its agent`;
  return {
    ...report,
    ...{ steps, dumps: [], stepsLeftOut: report.stepsLeftOut + leftOut },
    warnings: boundLines([...report.warnings, words]),
  };
};
