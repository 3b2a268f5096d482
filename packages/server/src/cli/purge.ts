import { resolve } from 'node:path';
import { exitCode, Problem } from '@berth/common/problem.ts';
import type { Command } from 'commander';
import { clockOf } from '../jobs/clock.ts';
import { purgeJob } from '../jobs/purge.ts';
import { startJob } from '../jobs/start.ts';
import { type Shared, say, sayJson } from './command.ts';
import { resticSourceInForce } from './on-source.ts';
import { purgeText } from './purge-text.ts';
import { settingsOf } from './source-settings.ts';
import { untilInterrupted } from './until-interrupted.ts';

interface Flags {
  readonly data: string;
  readonly dryRun?: true;
  readonly json?: true;
}

/** Adds `purge`: what the server does by itself every day, now. */
export const addPurgeCommand = (program: Command, { examples, defaults }: Shared): void => {
  program
    .command('purge')
    .description('remove from the trash of a source what is past its protection, as the server does every day')
    .argument('<source>', 'whose trash')
    .option('--dry-run', 'show what it would remove, and remove nothing')
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      `${examples('berth-server purge laptop --dry-run', 'berth-server purge laptop', 'berth-server purge laptop --json')}
Nothing goes before its time, however full the disk is. Nothing goes while the source is frozen, nor while the clock of
the server is not trusted. Ctrl-C stops it; the next purge goes on from there.
Exit codes: 0 done, 1 failed or the clock is not trusted, 3 frozen, or stopped before all was removed.
`,
    )
    .action((name: string, flags: Flags) => purgeCommand(name, flags, defaults.data));
};

const purgeCommand = async (name: string, flags: Flags, usualData: string): Promise<void> => {
  const dataDir = resolve(flags.data);
  const { source, place } = await resticSourceInForce(dataDir, name);
  const { protectMs, brake } = await settingsOf(dataDir, name);
  const { trusted, settledAtMs: clockSettledAtMs } = clockOf(dataDir);
  const dryRun = flags.dryRun === true;
  if (!trusted && !dryRun) throw clockUntrusted();

  using interruption = untilInterrupted();
  const args = { protectMs, brake, clockSettledAtMs, dryRun };
  const result = await startJob(place, source, purgeJob, args, { signal: interruption.signal });
  const data = dataDir === usualData ? '' : ` --data ${dataDir}`;
  if (flags.json) sayJson({ source: name, dryRun, clockTrusted: trusted, ...result });
  else say(purgeText(result, { source: name, dryRun, protectMs, data, clockTrusted: trusted }));
  if (!dryRun && (result.frozen !== null || result.due.objects > 0)) process.exitCode = exitCode.incomplete;
};

const clockUntrusted = (): Problem =>
  new Problem(
    'clock-untrusted',
    'The clock of the server has jumped, so nobody can say what is past its protection. Nothing was removed.',
    'See what time it believes it is, and confirm it or set it right: berth-server clock',
  );
