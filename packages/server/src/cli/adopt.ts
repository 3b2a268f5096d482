import { join, resolve } from 'node:path';
import { exitCode, Problem } from '@berth/common/problem.ts';
import { formatSize, isBytes } from '@berth/common/size.ts';
import type { Command } from 'commander';
import { type AdoptResult, adoptJob } from '../jobs/adopt.ts';
import { startJob } from '../jobs/start.ts';
import { sourceDirectory } from '../session/arguments.ts';
import type { Shared } from './command.ts';
import { withProgress } from './object-progress.ts';
import { resticSourceInForce } from './on-source.ts';

/** Adds `adopt`: a plain restic repository that was copied into a source's folder becomes the source's own. */
export const addAdoptCommand = (program: Command, { examples, defaults }: Shared): void => {
  program
    .command('adopt')
    .description('take over a plain restic repository that you copied into repo/ of a source')
    .argument('<source>', 'whose it is to be')
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      `${examples(
        'cp -a /mnt/old/restic-repo/. /data/sources/laptop/repo/',
        'chown -hR 1001:1001 /data/sources/laptop/repo',
        'berth-server adopt laptop',
      )}
Every object is hashed and recorded; no password is needed. It may be interrupted and typed again.
The repository keeps its password: the machine goes on with the same one.
Exit codes: 0 adopted, 1 refused or failed, 3 some files were damaged and are in quarantine.
`,
    )
    .action((name: string, flags: { data: string; json?: true }) => adoptCommand(name, flags));
};

const adoptCommand = async (name: string, flags: { data: string; json?: true }): Promise<void> => {
  const dataDir = resolve(flags.data);
  const { source, place } = await resticSourceInForce(dataDir, name);
  const repo = join(sourceDirectory(dataDir, name), 'repo');
  const run = withProgress(flags.json !== true, (options) => startJob(place, source, adoptJob, {}, options));
  const result = await run.catch((error: unknown) => {
    // The job knows the folder by the path that its jail shows it.
    if (!(error instanceof Problem) || error.code !== 'wrong-owner') throw error;
    const chown = `chown -hR ${source.uid}:${source.uid} ${repo}`;
    throw new Problem(error.code, error.message, `If it is all this source's, give it to it: ${chown}`, {
      cause: error,
    });
  });
  if (flags.json) process.stdout.write(`${JSON.stringify({ source: name, ...result })}\n`);
  else process.stdout.write(adoptText(name, result));
  if (result.damagedCount > 0) process.exitCode = exitCode.incomplete;
};

const adoptText = (name: string, { recorded, damaged, damagedCount, usage }: AdoptResult): string => {
  const { objects, bytes } = usage.live;
  const size = isBytes(bytes) ? formatSize(bytes) : `${bytes} B`;
  const lines =
    recorded === 0 && damagedCount === 0
      ? [`${name}: there was nothing to adopt; it has ${objects} objects, ${size}`]
      : [`${name}: adopted ${recorded} objects, each hashed; it has ${objects} objects now, ${size}`];
  if (damagedCount > 0) {
    const more = damagedCount > 5 ? [`  and ${damagedCount - 5} more`] : [];
    lines.push(`${damagedCount} files were damaged and are in quarantine:`);
    lines.push(...damaged.slice(0, 5).map((file) => `  ${file}`), ...more);
    lines.push('Copy these anew from the old repository, and adopt again.');
  }
  return `${lines.join('\n')}\nNext, on the machine: berth check\n`;
};
