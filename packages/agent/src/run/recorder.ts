import { Problem } from '@berth/common/problem.ts';
import { boundLines, type ReportStep, reportLimits, type StepName } from '@berth/common/report.ts';
import { isDone, type ResticResult, type Words } from '@berth/common/restic/result.ts';

/** How a step ended, before it has times. */
export type StepEnd = Pick<ReportStep, 'outcome' | 'reason' | 'numbers' | 'words' | 'warnings'>;

/** What a step is about: its name, and where there are several of it, which one. */
export type StepAbout = StepName | { readonly name: StepName; readonly subject: string };

/** Keeps the steps of a run in bounded memory; a run of very many tries keeps its first and its last. */
export const createRecorder = (now: () => Date, onStep: (step: ReportStep) => void) => {
  const first: ReportStep[] = [];
  const last: ReportStep[] = [];
  const latest = new Map<string, ReportStep>();
  let leftOut = 0;
  const half = reportLimits.steps / 2;

  /** Does `work`, records how it ended, and answers that; `began` where it is over already. Rejects with what is no Problem: a bug crashes loudly. */
  const step = async <End extends StepEnd>(
    about: StepAbout,
    attempt: number,
    work: () => Promise<End>,
    began: Date = now(),
  ): Promise<End | StepEnd> => {
    const { name, subject } = typeof about === 'string' ? { name: about, subject: null } : about;
    const startedAt = began.toISOString();
    const end = await work().catch((error: unknown) => problemEnd(error));
    const { outcome, reason, numbers } = end;
    const recorded: ReportStep = {
      ...{ name, subject, attempt, startedAt, endedAt: now().toISOString(), outcome, reason, numbers },
      words: boundLines(end.words),
      warnings: boundLines(end.warnings),
    };
    if (first.length < half) first.push(recorded);
    else if (last.push(recorded) > half) {
      // What was made stays, the one backup and the dumps, however often a prune is tried after it.
      const oldest = last.findIndex((candidate) => !hasMade(candidate));
      last.splice(Math.max(0, oldest), 1);
      leftOut += 1;
    }
    latest.set(`${name}\0${subject ?? ''}`, recorded);
    onStep(recorded);
    return end;
  };
  return {
    step,
    steps: (): readonly ReportStep[] => [...first, ...last],
    leftOut: () => leftOut,
    /** The last of each name and subject, in the order in which they came first. */
    latest: (): readonly ReportStep[] => [...latest.values()],
  };
};

const hasMade = ({ name, outcome }: ReportStep): boolean =>
  (name === 'backup' || name === 'dump') && (outcome === 'ok' || outcome === 'incomplete');

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
