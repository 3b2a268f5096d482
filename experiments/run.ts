import { type Conditions, type Experiment, type Outcome, Skipped } from './experiment.ts';

/** How one experiment ended. */
export type Result = { readonly experiment: Experiment; readonly seconds: number } & (
  | { readonly kind: 'done'; readonly outcome: Outcome }
  | { readonly kind: 'skipped' | 'failed'; readonly reason: string }
);

/**
 * Runs the experiments one after another and tells of each as soon as it has ended. Stops after the one that was
 * running when the signal was aborted, which is then not told of.
 */
export const runExperiments = async function* (
  experiments: readonly Experiment[],
  conditions: Conditions,
): AsyncGenerator<Result> {
  for (const experiment of experiments) {
    const say = (line: string): void => conditions.say(`${experiment.id}: ${line}`);
    say(`${experiment.name} (seed ${conditions.seed})`);
    const started = performance.now();
    const ended = await experiment.run({ ...conditions, say }).then(
      (outcome) => ({ kind: 'done', outcome }) as const,
      (error: unknown) => {
        if (error instanceof Skipped) return { kind: 'skipped', reason: error.message } as const;
        if (!conditions.signal.aborted) say(error instanceof Error ? (error.stack ?? error.message) : String(error));
        return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) } as const;
      },
    );
    if (conditions.signal.aborted) return;
    yield { experiment, seconds: (performance.now() - started) / 1000, ...ended };
  }
};

/** True only for an experiment that ran and showed what it is there to show. */
export const hasHeld = (result: Result): boolean => result.kind === 'done' && result.outcome.held;

/** What stands in the last column, and in `--json` beside `held`. */
export const figureOf = (result: Result): string =>
  result.kind === 'done' ? result.outcome.figure : `${result.kind}: ${firstLine(result.reason)}`;

/** The two first lines of the table. */
export const head = '| | what | how many | lost | figure | seconds | |\n|--:|---|---|---|---|--:|---|';

/** A result as a row of a Markdown table. */
export const row = (result: Result): string => {
  const { experiment, seconds } = result;
  const { many, lost } = result.kind === 'done' ? result.outcome : { many: '', lost: '' };
  const verdict = hasHeld(result) ? 'held' : result.kind === 'skipped' ? 'skipped' : 'NOT HELD';
  const cells = [String(experiment.id), experiment.name, many, lost, figureOf(result), seconds.toFixed(0), verdict];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
};

/** The results for a program: what `--json` ends with. */
export const summary = (results: readonly Result[]): string =>
  JSON.stringify(
    results.map((result) => ({
      id: result.experiment.id,
      name: result.experiment.name,
      held: hasHeld(result),
      figure: figureOf(result),
    })),
  );

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
