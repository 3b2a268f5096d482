import { exitCode, Problem } from '@berth/common/problem.ts';
import { Command } from 'commander';
import type { Home } from '../config/home.ts';
import { configFailed, type Examined, examine } from '../doctor/doctor.ts';
import { type Finding, fine } from '../doctor/finding.ts';
import { configFrom } from './config.ts';
import { type CommonOptions, homeFrom, type Io, writeJson } from './io.ts';
import { printable } from './words.ts';

/** `berth doctor`: every part a backup needs, looked at one by one. */
export const doctorCommand = (io: Io): Command =>
  new Command('doctor')
    .summary('look at every part a backup needs')
    .description(
      'Looks at programs, files, rights, clock, paths, server and repository, changes nothing, and says what to do.',
    )
    .option('--home <dir>', 'the home DIR that "berth enroll --home" made')
    .option('--json', 'one JSON array on standard output')
    .addHelpText('after', '\nExamples:\n  berth doctor\n  berth doctor --home /var/lib/berth --json')
    .action(async (options: CommonOptions) => {
      const home = homeFrom(options, io);
      const onFinding = (finding: Finding): void => {
        if (!options.json) io.stdout(findingText(finding));
      };
      const { config, finding } = await readConfig(home);
      onFinding(finding);
      const findings = await examine({
        home,
        config,
        env: io.env,
        uid: io.uid,
        now: new Date(),
        signal: io.signal,
        onFinding,
      });
      if (options.json) writeJson(io, [finding, ...findings]);
      process.exitCode = worst([finding, ...findings]);
    });

const readConfig = async (home: Home): Promise<{ readonly config: Examined | null; readonly finding: Finding }> => {
  try {
    return { config: await configFrom(home), finding: fine('agent.yaml', home.config) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { config: null, finding: configFailed(error.message, error.remedy) };
  }
};

const marks = { ok: 'ok     ', warning: 'WARNING', failed: 'FAILED ', skipped: 'skipped' } as const;

const findingText = ({ check, state, message, remedy }: Finding): string =>
  `${marks[state]}  ${check}: ${printable(message)}\n${remedy === undefined ? '' : `         ${printable(remedy)}\n`}`;

const worst = (findings: readonly Finding[]): number => {
  if (findings.some(({ state }) => state === 'failed')) return exitCode.failed;
  return findings.some(({ state }) => state === 'warning') ? exitCode.incomplete : exitCode.ok;
};
