import { exitCode, Problem } from '@berth/common/problem.ts';
import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { backupCommand } from './backup.ts';
import { checkCommand } from './check.ts';
import { daemonCommand } from './daemon.ts';
import { databasesCommand } from './databases.ts';
import { doctorCommand } from './doctor.ts';
import { enrollCommand } from './enroll.ts';
import { installCommand } from './install.ts';
import { type Io, writeJson } from './io.ts';
import { exitCodeOf, problemJson, problemText } from './problems.ts';
import { recoverCommand } from './recover.ts';
import { restoreCommand } from './restore.ts';
import { restoreDbCommand } from './restore-db.ts';
import { runCommand } from './run.ts';
import { snapshotsCommand } from './snapshots.ts';
import { statusCommand } from './status.ts';
import { uninstallCommand } from './uninstall.ts';

const commands = [
  enrollCommand,
  backupCommand,
  runCommand,
  snapshotsCommand,
  restoreCommand,
  databasesCommand,
  restoreDbCommand,
  checkCommand,
  statusCommand,
  doctorCommand,
  recoverCommand,
  installCommand,
  uninstallCommand,
  daemonCommand,
] as const;

/**
 * Runs one command line (without node and script) and answers with the exit code. Problems become two lines on standard error, and with
 * `--json` one object on standard output too; any other error is a bug and is thrown on.
 */
export const main = async (argv: readonly string[], io: Io): Promise<number> => {
  process.exitCode = undefined;
  try {
    await program(io).parseAsync(argv, { from: 'user' });
    return Number(process.exitCode ?? exitCode.ok);
  } catch (error) {
    // Commander has said it already: help and version are fine, everything else is a mistake in the command line.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    if (io.signal.aborted) return stopped(io);
    if (!(error instanceof Problem)) throw error;
    io.stderr(problemText(error));
    if (argv.includes('--json')) writeJson(io, problemJson(error));
    return exitCodeOf(error);
  }
};

const stopped = (io: Io): number => {
  io.stderr('\nberth: Stopped.\n  The same command goes on or starts over; nothing is left half done.\n');
  return exitCode.failed;
};

const program = (io: Io): Command => {
  const berth = new Command('berth')
    .description('Backs this machine up to a berth server, and brings it back.')
    .version(packageJson.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help; after a command, its own')
    .helpCommand(false)
    .addHelpText(
      'after',
      `
First:   berth enroll nas.lan
Then:    berth backup, and berth install
One day: berth restore --target /tmp/restored

Exit codes: 0 done, 1 failed, 2 wrong command line, 3 done with warnings, 4 server not reachable,
            5 server or key not trusted, 6 another run is going on`,
    );
  for (const command of commands) berth.addCommand(command(io));
  for (const command of [berth, ...berth.commands]) {
    command
      .exitOverride()
      .showHelpAfterError(`Run "${command === berth ? 'berth' : `berth ${command.name()}`} --help" for what it takes.`)
      .configureOutput({
        writeOut: io.stdout,
        writeErr: io.stderr,
        outputError: (text, write) => write(text.replace(/^error: /, 'berth: ')),
      });
  }
  return berth;
};
