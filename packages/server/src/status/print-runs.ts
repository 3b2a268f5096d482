import { printable } from '@berth/common/parsed.ts';
import { forHowLong } from './age.ts';
import type { SourceRun } from './coordinated.ts';
import { type Reader, sizeOf } from './fleet-table.ts';
import { paint } from './paint.ts';
import { table } from './table.ts';
import { agoWords } from './when.ts';

/** The last runs of a source as a table, and under it what the newest of them said that did not go well. */
export const printRuns = (runs: readonly SourceRun[], { nowMs }: Reader): string => {
  const [last] = runs;
  if (last === undefined) return '';
  return `\n${[
    ...table([
      ['ENDED', 'RUN', 'TOOK', 'READ', 'ADDED', 'STORED', 'PRUNED', 'SNAPSHOTS', 'WARNINGS'],
      ...runs.map((run) => [
        agoWords(Date.parse(run.endedAt), nowMs),
        outcomePaint(run),
        forHowLong(run.durationMs),
        ...[run.bytesRead, run.bytesAdded, run.bytesStored, run.bytesPruned].map(sizeOf),
        run.snapshots === null ? '-' : String(run.snapshots),
        String(run.warnings),
      ]),
    ]),
    ...(last.message === null ? [] : [`The last one: ${printable(last.message, 500)}`]),
    ...last.troubles.flatMap(({ name, outcome, words, warnings }) => [
      `  ${name}: ${outcome}`,
      ...[...words, ...warnings].slice(-mostLines).map((line) => `    ${printable(line, 500)}`),
    ]),
  ].join('\n')}\n`;
};

/** Of a step, the last that it said: restic tells why it gave up at its end. */
const mostLines = 10;

const outcomePaint = ({ outcome, dryRun }: SourceRun): string => {
  const words = dryRun ? `${outcome} (dry)` : outcome;
  if (outcome === 'ok') return paint('green', words);
  return paint(outcome === 'failed' ? 'red' : 'yellow', words);
};
