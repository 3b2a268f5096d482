import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Prints why each skipped test was skipped, and ends with one line that counts: `N passed, N failed[, N skipped]`. */
export class CountingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      if (module.errors().length > 0) counts.failed += 1;
      for (const test of tests) {
        const { state } = test.result();
        const tries = (test.diagnostic()?.retryCount ?? 0) + 1;
        if (tries > 1) process.stdout.write(`needed ${tries} tries: ${test.fullName}\n`);
        if (state === 'passed' || state === 'failed') counts[state] += 1;
        else {
          counts.skipped += 1;
          process.stdout.write(`skipped: ${test.fullName}: ${reasonOf(test)}\n`);
        }
      }
    }
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
    process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
  }
}

/** A test says why when it skips itself; a group that is skipped whole says it in its name, as in `(needs root)` or `(skipped: …)`. */
const reasonOf = (test: TestCase): string => {
  const result = test.result();
  if ('note' in result && result.note !== undefined) return result.note;
  return /\(((?:needs|skipped:) .*)\)/.exec(test.fullName)?.[1] ?? 'not chosen';
};
