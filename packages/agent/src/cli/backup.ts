import { Command } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { exitCodeOf } from '../run/explain.ts';
import { runBackup } from '../run/run.ts';
import { realWorld } from '../run/world.ts';
import { configFrom } from './config.ts';
import { type CommonOptions, homeFrom, type Io } from './io.ts';
import { showRun } from './show-run.ts';

interface Options extends CommonOptions {
  readonly dryRun?: boolean;
  readonly now?: boolean;
}

/** `berth backup`: one run, as agent.yaml says. `run/run.ts` does it; `show-run.ts` shows it. */
export const backupCommand = (io: Io): Command =>
  new Command('backup')
    .summary('back up now')
    .description(
      `Backs up what agent.yaml names: dumps databases, then copies the files, then containers and units, which are stopped
for their copy only. Thins out old snapshots, and when they are due prunes and checks a share of the repository. A cut
connection is tried again. A server that is busy with other machines puts this one first in its queue. A report of every run is kept, and handed to the server; "berth status" shows the last.`,
    )
    .option('--now', 'do not wait where the server is busy: run beside the others')
    .option('--dry-run', 'show what would be dumped, stopped, read and stored; do none of it')
    .option('--home <dir>', 'the home DIR that "berth enroll --home" made')
    .option('--json', 'events, and the report last, as JSON lines on standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  berth backup\n  berth backup --now\n  berth backup --dry-run\n  berth backup --json | tail -n 1 | jq .outcome',
    )
    .action((options: Options) => backUp(io, options));

/** What `berth backup` does, and a `berth run` that nobody says more to. Sets the exit code. */
export const backUp = async (io: Io, options: Options): Promise<void> => {
  const home = homeFrom(options, io);
  const shown = showRun(io, options.json === true);
  const { report, file } = await runBackup({
    home,
    loadConfig: () => configFrom(home),
    world: realWorld(home, io.env, io.stderr),
    signal: io.signal,
    berthVersion: packageJson.version,
    dryRun: options.dryRun === true,
    isImpatient: options.now === true,
    onEvent: shown.event,
  }).finally(shown.clear);
  shown.report(report, file);
  process.exitCode = exitCodeOf(report);
};
