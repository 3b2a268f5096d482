import { describe, expect, test } from 'vitest';
import { type Experiment, Skipped } from '../../experiments/experiment.ts';
import { runSeed } from './random.ts';

/** A test for each of these experiments, in their short form. */
export const expectToHold = (experiments: readonly Experiment[]): void => {
  describe.each(experiments)('experiment $id holds', ({ id, name, run }) => {
    test(name, { timeout: 600_000 }, async (context) => {
      const said: string[] = [];
      const seed = runSeed();
      const say = (line: string): void => void said.push(line);
      const outcome = await run({ full: false, say, signal: context.signal, seed }).catch((error: unknown) => {
        if (error instanceof Skipped) return context.skip(error.message);
        throw error;
      });
      expect(outcome, `${id}, seed ${seed}:\n${said.slice(-20).join('\n')}`).toMatchObject({ held: true });
    });
  });
};
