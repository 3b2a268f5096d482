import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { CountingReporter } from './scripts/reporter.ts';
import { unitFolder } from './scripts/unit-folder.ts';
import { builtFolder } from './test/helpers/programs.ts';

/** Real servers and real time on a shared machine: in CI a second try, which the reporter names, so that it is looked into. */
const secondTry = process.env['CI'] === undefined ? 0 : 1;

/** Our programs, started again and again, need not be compiled again: half of what it takes to start one. */
const compiled = { NODE_COMPILE_CACHE: join(import.meta.dirname, '.cache/compiled') };

/** What counts seconds, looks at all of the machine or its engines of containers, or needs all of it: by itself, when everything else is over. */
const alone = [
  'test/{bench*,changes,containers-engines,demo,demo-databases,demo-phone}.test.ts',
  'test/{experiments-alone,podman,stalled,supervisor}.test.ts',
  'test/docker/*.test.ts',
];

/** Real servers, real restic. They run our programs as they are released, which start in a third of the time. */
const whole = {
  testTimeout: 120_000,
  hookTimeout: 60_000,
  retry: secondTry,
  env: { ...compiled, BERTH_BUILT: builtFolder() },
  globalSetup: ['test/helpers/build-programs.ts'],
};

/** What starts real programs: every restic command derives its key anew, and our own command line takes half a second. */
const slow = ['packages/*/src/**/*.{restic,slow}.test.ts'];

export default defineConfig({
  test: {
    reporters: ['default', new CountingReporter()],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts'],
          exclude: slow,
          retry: secondTry,
          testTimeout: 20_000,
          // One process takes many files: no unit test may leave anything behind in it, which keeps them honest too.
          isolate: false,
          // vitest would leave a core to whoever watches, which is half of two.
          maxWorkers: '100%',
          env: { ...compiled, TMPDIR: unitFolder() },
          globalSetup: ['scripts/unit-folder.ts'],
        },
      },
      {
        test: {
          ...whole,
          name: 'whole',
          include: ['test/**/*.test.ts', ...slow],
          exclude: alone,
          // They wait more than they compute: for a key to be derived, for a disk, for a pause to be over.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: { ...whole, name: 'alone', include: alone, fileParallelism: false, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
