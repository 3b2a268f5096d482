import { resolve } from 'node:path';
import { printable } from '@berth/common/parsed.ts';
import { exitCode, Problem } from '@berth/common/problem.ts';
import type { Command } from 'commander';
import {
  type BackupProgress,
  type BackupResult,
  backupProgressSchema,
  type ToBackup,
} from '../ingest/backup/arguments.ts';
import { startBackup } from '../supervisor/phones/start.ts';
import { type AtPhone, atPhone, requireFolders } from './at-phone.ts';
import { type Shared, say, sayJson } from './command.ts';
import { progressBar } from './progress-bar.ts';
import { untilInterrupted } from './until-interrupted.ts';

interface Flags {
  readonly data: string;
  readonly json?: true;
}

/** Adds `phone backup`: a backup, now. */
export const addPhoneBackupCommand = (phone: Command, { examples, defaults }: Shared): void => {
  phone
    .command('backup')
    .description('back up what has arrived of a phone, now; waits for a place as any backup, and not for Syncthing')
    .argument('<phone>', 'its name in sources.yaml')
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      `${examples('berth-server phone backup lisa-phone', 'berth-server phone backup lisa-phone --json')}
The first one makes the repository. Exit codes: 0 done, 1 failed, 3 done, but not all of it, 6 a backup of it runs already.
`,
    )
    .action((name: string, flags: Flags) => backupNow(name, flags));
};

const backupNow = async (name: string, flags: Flags): Promise<void> => {
  const dataDir = resolve(flags.data);
  const at = await atPhone(dataDir, name);
  const { phone, world, marker, timeZone, up } = at;
  if (!up)
    throw new Problem(
      'server-down',
      `No server runs on ${dataDir}, and only it opens the store.`,
      `Start it: berth-server run --data ${dataDir}`,
    );
  await requireFolders(at);
  using interruption = untilInterrupted();
  const bar = progressBar(process.stderr, flags.json !== true);
  let result: BackupResult;
  try {
    result = await startBackup(world, phone, {
      ...{ marker, isNow: true, timeZone, told: quietOf(at), signal: interruption.signal },
      onProgress: (value) => {
        const read = backupProgressSchema.safeParse(value);
        if (!read.success) return;
        const { data: progress } = read;
        if (progress.type === 'progress') {
          const { filesDone, bytesDone, bytesTotal } = progress;
          bar.show({ objects: filesDone, bytes: bytesDone, totalBytes: bytesTotal, what: 'files' });
          return;
        }
        const line = flags.json === true ? null : delayText(progress);
        if (line === null) return;
        bar.clear();
        process.stderr.write(line);
      },
    });
  } finally {
    bar.clear();
  }
  if (flags.json) sayJson({ phone: name, ...result });
  else say(backupText(name, result));
  process.exitCode = exitOf(result);
};

/** What the server last heard of its Syncthing: whether the snapshot has all there is. */
async function* quietOf({ facts }: AtPhone): AsyncGenerator<ToBackup> {
  yield { quiet: facts?.syncthing?.kind === 'up' ? facts.syncthing.quiet : null };
}

/** Why nothing happens just now, a line; null where something does. */
export const delayText = (progress: BackupProgress): string | null => {
  switch (progress.type) {
    case 'waiting':
      return `the server is busy: number ${progress.position} in its queue; Ctrl-C ends the waiting\n`;
    case 'retry': {
      const seconds = Math.ceil(progress.delayMs / 1000);
      return `this try failed (${printable(progress.reason, 100)}); the next comes in ${seconds} s, Ctrl-C ends it\n`;
    }
    default:
      return null;
  }
};

const exitOf = ({ outcome }: BackupResult): number => {
  if (outcome === 'ok') return exitCode.ok;
  if (outcome === 'incomplete') return exitCode.incomplete;
  return outcome === 'busy' ? exitCode.busy : exitCode.failed;
};

/** What came of a backup, for whoever asked for it. */
export const backupText = (
  name: string,
  { ended, outcome, message, remedy, warnings, words, snapshot }: BackupResult,
): string => {
  const sentence =
    outcome === 'ok' || outcome === 'incomplete'
      ? `${name} is backed up${outcome === 'ok' ? '' : ', but not all of it'}${snapshot === null ? '' : `: snapshot ${printable(snapshot, 8)}`}.`
      : `${name} is not backed up: ${outcome ?? printable(ended, 200)}.`;
  const said = [message, remedy, ...warnings].filter((line) => line !== null);
  const own = words.map((line) => `    ${printable(line, 600)}`);
  return `${[sentence, ...said.map((line) => `  ${printable(line, 500)}`), ...own].join('\n')}\n`;
};
