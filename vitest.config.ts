import { defineConfig } from 'vitest/config';
import { CountingReporter } from './scripts/reporter.ts';

export default defineConfig({
  test: {
    reporters: ['default', new CountingReporter()],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts'],
          exclude: ['**/*.restic.test.ts'],
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
          // Real servers on a shared machine: one second try in CI, which the reporter names, so that it is looked into.
          retry: process.env['CI'] === undefined ? 0 : 1,
        },
      },
    ],
  },
});
