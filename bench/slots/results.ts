import { round } from '../table.ts';
import { minuteMs } from './calendar.ts';
import type { Fleet } from './fleet.ts';
import { type Figures, measure } from './measure.ts';
import { type BerthNotes, noNotes } from './planners/berth.ts';
import type { Planner } from './planners/planners.ts';
import { play } from './world.ts';

/** A row of the bench. What a planner has not is null. */
export interface Result extends Figures {
  readonly sources: number;
  readonly planner: Planner['name'];
  readonly variant: string | null;
  /** The slowest plan of the whole fleet, on this machine. */
  readonly planMs: number | null;
  /** The most places of others that adding a source moved. */
  readonly movedOnAdd: number | null;
  readonly worstWaitMinutes: number | null;
}

/** Plays the fleet's whole time by one planner. */
export const resultsOf = (fleet: Fleet, planner: Planner): Result => {
  const notes: BerthNotes = noNotes();
  const figures = measure(fleet, play(fleet, planner.play(fleet, notes)));
  const plans = notes.planMs.length > 0;
  return {
    sources: fleet.machines.length,
    planner: planner.name,
    variant: planner.variant,
    ...figures,
    planMs: plans ? round(Math.max(...notes.planMs), 0) : null,
    movedOnAdd: plans ? Math.max(...notes.movedOnAdd) : null,
    worstWaitMinutes: plans ? round(notes.worstWaitMs / minuteMs, 0) : null,
  };
};

/** The rows of one fleet as a Markdown table under a line that says what fleet it is. */
export const formatResults = (fleet: Fleet, results: readonly Result[]): string => {
  const meanMs = fleet.machines.reduce((sum, { lengthsMs }) => sum + (lengthsMs[15] ?? lengthsMs[0] ?? 0), 0);
  const lines = results.map((result) => {
    const { planner, variant, inWindow, peak, p99LateMinutes, worstLateMinutes, worstWaitMinutes, planMs, movedOnAdd } =
      result;
    return `| ${[
      variant === null ? planner : `${planner} ${variant}`,
      `${(inWindow * 100).toFixed(1)} %`,
      peak,
      minutes(p99LateMinutes),
      minutes(worstLateMinutes),
      worstWaitMinutes === null ? '' : minutes(worstWaitMinutes),
      planMs === null ? '' : `${planMs} ms`,
      movedOnAdd ?? '',
    ].join(' | ')} |`;
  });
  return [
    '',
    `${fleet.machines.length} sources, ${fleet.concurrency} at once, ${(meanMs / fleet.machines.length / minuteMs).toFixed(0)} minutes a run on average:`,
    '',
    '| planner | inside the window | peak | late, p99 | late, worst | longest queueing | planning | moved by one more |',
    '|---|--:|--:|--:|--:|--:|--:|--:|',
    ...lines,
    '',
  ].join('\n');
};

const minutes = (value: number): string => {
  const [hour, minute] = [Math.floor(Math.round(value) / 60), Math.round(value) % 60];
  return hour === 0 ? `${minute} min` : `${hour} h ${minute} min`;
};
