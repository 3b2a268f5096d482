import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { capabilities } from '../packages/server/src/container/settings.ts';
import { isRoot, repository } from '../test/helpers/receiver.ts';
import { type Experiment, Skipped } from './experiment.ts';
import { scratch } from './support/scratch.ts';

/** The short form: every capability is needed for changes under running backups, and a full disk for what is read-only. */
const shortFiles = ['test/changes.test.ts', 'test/full-disk.test.ts'];

/** Files that would show nothing here, and why. */
const elsewhere: Readonly<Record<string, string>> = {
  'bench.test.ts': 'the benchmarks start the released server themselves',
  'capabilities.test.ts': 'reads files',
  'demo.test.ts': 'the demo starts its own server',
  'experiments.test.ts': 'the other ones',
  'experiments-alone.test.ts': 'this one',
  'jail.test.ts':
    'looks for the data where a server with a mount namespace of its own has it; test/docker/matrix-inside.test.ts tries the same in the container',
  'systemd.test.ts': 'systemd confines that one, to the same capabilities',
};

/** What vitest's JSON reporter writes. */
const report = z.object({
  testResults: z.array(z.object({ assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })) })),
});

/**
 * The suite, with every receiver confined as the container is (test/helpers/confined.ts), which looks at each of them
 * before a test goes on.
 */
export const confinedExperiment: Experiment = {
  id: 12,
  name: 'the suite with the container’s capabilities, read-only root and no new privileges',
  run: async ({ full, say, signal }) => {
    if (!isRoot) throw new Skipped('confining a server that has a UID for each source needs root');
    await using folder = await scratch('disk');
    const file = join(folder.path, 'report.json');
    const files = full ? await wholeFiles() : shortFiles;
    const { PATH = '', HOME = '/', TMPDIR = '/tmp' } = process.env;
    const projects = ['--project', 'whole', '--project', 'alone'];
    const program = [process.execPath, join(repository, 'node_modules/vitest/vitest.mjs'), 'run', ...projects];
    const output = ['--reporter=json', `--outputFile=${file}`];
    const { stderr } = await execa('setpriv', ['--pdeathsig', 'TERM', ...program, ...output, ...files], {
      cwd: repository,
      // Nothing of a vitest that runs this one.
      env: { PATH, HOME, TMPDIR, BERTH_TEST_CONFINED: '1' },
      extendEnv: false,
      cancelSignal: signal,
      reject: false,
      stdin: 'ignore',
    });
    signal.throwIfAborted();
    const text = await readFile(file, 'utf8').catch(() => {
      throw new Error(`vitest ended without a report: ${stderr.slice(-1000)}`);
    });
    const tests = report.parse(JSON.parse(text)).testResults.flatMap(({ assertionResults }) => assertionResults);
    const count = (status: string): number => tests.filter((test) => test.status === status).length;
    for (const { fullName } of tests.filter(({ status }) => status === 'failed')) say(`failed: ${fullName}`);
    return {
      many: `${tests.length} tests of ${files.length} files`,
      lost: `${count('failed')} failed`,
      figure: `${count('passed')} passed with ${capabilities.join(', ')} and no other capability; ${tests.length - count('passed') - count('failed')} skipped`,
      held: count('failed') === 0 && count('passed') > 0,
    };
  },
};

const wholeFiles = async (): Promise<readonly string[]> =>
  (await readdir(join(repository, 'test')))
    .filter((name) => name.endsWith('.test.ts') && elsewhere[name] === undefined)
    .map((name) => join('test', name));
