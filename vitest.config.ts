import { defineConfig } from 'vitest/config';
import { CountingReporter } from './scripts/reporter.ts';

/** Real servers and real time on a shared machine: in CI a second try, which the reporter names, so that it is looked into. */
const secondTry = process.env['CI'] === undefined ? 0 : 1;

export default defineConfig({
  test: {
    reporters: ['default', new CountingReporter()],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts'],
          exclude: ['**/*.restic.test.ts'],
          retry: secondTry,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'whole',
          // Every restic command derives its key anew, so those that run the real one are slow.
          include: ['test/**/*.test.ts', 'packages/*/src/**/*.restic.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          retry: secondTry,
        },
      },
    ],
  },
});
