import { Problem } from '@berth/common/problem.ts';
import { boundLines, type ReportStep, reportLimits, type StepName } from '@berth/common/report.ts';
import { isDone, type ResticResult, type Words } from '@berth/common/restic/result.ts';

/** How a step ended, before it has times. */
export type StepEnd = Pick<ReportStep, 'outcome' | 'reason' | 'numbers' | 'words' | 'warnings'>;

/** Keeps the steps of a run in bounded memory; a run of very many tries keeps its first and its last. */
export const createRecorder = (now: () => Date, onStep: (step: ReportStep) => void) => {
  const first: ReportStep[] = [];
  const last: ReportStep[] = [];
  const latest = new Map<StepName, ReportStep>();
  let leftOut = 0;
  const half = reportLimits.steps / 2;

  /** Does `work`, records how it ended, and answers that; `began` where it is over already. Rejects with what is no Problem: a bug crashes loudly. */
  const step = async <End extends StepEnd>(
    name: StepName,
    attempt: number,
    work: () => Promise<End>,
    began: Date = now(),
  ): Promise<End | StepEnd> => {
    const startedAt = began.toISOString();
    const end = await work().catch((error: unknown) => problemEnd(error));
    const { outcome, reason, numbers } = end;
    const recorded: ReportStep = {
      ...{ name, attempt, startedAt, endedAt: now().toISOString(), outcome, reason, numbers },
      words: boundLines(end.words),
      warnings: boundLines(end.warnings),
    };
    if (first.length < half) first.push(recorded);
    else if (last.push(recorded) > half) {
      // The one backup that was made stays, however often a prune is tried after it.
      const oldest = last.findIndex(({ name: kind, outcome: how }) => kind !== 'backup' || how === 'failed');
      last.splice(Math.max(0, oldest), 1);
      leftOut += 1;
    }
    latest.set(name, recorded);
    onStep(recorded);
    return end;
  };
  return {
    step,
    steps: (): readonly ReportStep[] => [...first, ...last],
    leftOut: () => leftOut,
    latest: (): readonly ReportStep[] => [...latest.values()],
  };
};

/** One run's recorder. */
export type Recorder = ReturnType<typeof createRecorder>;

/** All is well, with nothing to say. */
export const okEnd: StepEnd = { outcome: 'ok', reason: null, numbers: {}, words: [], warnings: [] };

/** A Problem as the end of a step: its code is the reason, its two sentences the words. */
export const problemEnd = (error: unknown): StepEnd => {
  if (!(error instanceof Problem)) throw error;
  const cause = typeof error.cause === 'string' ? error.cause.split('\n') : [];
  const outcome = error.code === 'cancelled' ? 'cancelled' : 'failed';
  return { ...okEnd, outcome, reason: error.code, words: [error.message, error.remedy, ...cause] };
};

/** A restic result as the end of a step. `numbersOf` reads the value of one that did its work. */
export const resticEnd = <Value>(
  result: ResticResult<Value>,
  numbersOf: (value: Value) => { readonly [name: string]: number | null },
): StepEnd => {
  const said = { words: [...result.words, ...itemLines(result)], warnings: [...result.warnings] };
  if (!isDone(result)) {
    const outcome = result.kind === 'cancelled' ? 'cancelled' : 'failed';
    return { ...said, outcome, reason: result.kind, numbers: {} };
  }
  const numbers = Object.fromEntries(
    Object.entries(numbersOf(result.value)).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
  return { ...said, numbers, outcome: result.kind, reason: result.kind === 'ok' ? null : 'incomplete' };
};

const itemLines = ({ itemErrors, itemErrorCount }: Words): readonly string[] => {
  const listed = itemErrors.slice(0, 20).map(({ item, message }) => (message === '' ? item : `${item}: ${message}`));
  const more = itemErrorCount - listed.length;
  return more > 0 ? [...listed, `… and ${more} more`] : listed;
};
