import { join, resolve } from 'node:path';
import { exitCode } from '@berth/common/problem.ts';
import type { Command } from 'commander';
import { type FsckResult, fsckJob } from '../jobs/fsck.ts';
import { startJob } from '../jobs/start.ts';
import { sourceDirectory } from '../session/arguments.ts';
import type { Shared } from './command.ts';
import { fsckText } from './fsck-text.ts';
import { withProgress } from './object-progress.ts';
import { resticSourceInForce } from './on-source.ts';

interface Flags {
  readonly data: string;
  readonly repair?: true;
  readonly verify?: true;
  readonly json?: true;
}

/** Adds `fsck`: compares a source's journal with its files, and mends what differs. */
export const addFsckCommand = (program: Command, { examples, defaults }: Shared): void => {
  program
    .command('fsck')
    .description('compare what the journal of a source says with the files that are there, and explain what differs')
    .argument('<source>', 'whose files')
    .option('--repair', 'mend what can be mended without losing anything; no session of the source may live')
    .option('--verify', 'hash every file besides (reads everything)')
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      `${examples('berth-server fsck laptop', 'berth-server fsck laptop --repair', 'berth-server fsck laptop --verify --json')}
Without --repair nothing is changed. No object is deleted that was not deleted before; damaged ones go to quarantine.
Exit codes: 0 clean, or repaired; 1 failed; 3 something is left that you should look at.
`,
    )
    .action((name: string, flags: Flags) => fsckCommand(name, flags));
};

const fsckCommand = async (name: string, flags: Flags): Promise<void> => {
  const dataDir = resolve(flags.data);
  const { source, place, sessions } = await resticSourceInForce(dataDir, name);
  const args = { repair: flags.repair === true, verify: flags.verify === true };
  const result = await withProgress(flags.json !== true, (options) => startJob(place, source, fsckJob, args, options));
  const directory = sourceDirectory(dataDir, name);
  const commands = { fsck: `berth-server fsck ${name}`, chown: chownOf(directory, source.uid, result) };
  if (flags.json)
    process.stdout.write(`${JSON.stringify({ source: name, sessions, ...result, chown: commands.chown })}\n`);
  else process.stdout.write(fsckText(result, { source: name, sessions, directory, commands }));
  if (!result.settled) process.exitCode = exitCode.incomplete;
};

/** What gives a source what others own in its folders; null when they own nothing. Root never does that by itself. */
const chownOf = (directory: string, uid: number, { groups }: FsckResult): string | null => {
  const owned = groups.find(({ code }) => code === 'owner');
  if (owned === undefined || owned.left === 0) return null;
  const tops = new Set(owned.examples.map(({ name }) => join(directory, name.split('/')[0] ?? '')));
  return `chown -hR ${uid}:${uid} ${[...tops].join(' ')}`;
};
