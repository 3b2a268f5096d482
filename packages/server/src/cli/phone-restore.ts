import { resolve } from 'node:path';
import { printable } from '@berth/common/parsed.ts';
import { exitCode, Problem } from '@berth/common/problem.ts';
import type { Command } from 'commander';
import { restoreCall, restoreProgressSchema } from '../ingest/restic/calls.ts';
import { type ResticGiven, startWithRestic } from '../supervisor/phones/start.ts';
import { atPhone } from './at-phone.ts';
import { type Shared, say, sayJson } from './command.ts';
import { asOfFrom, openOwnDoor } from './own-door.ts';
import { asOfOption, phonePath, snapshotFrom, snapshotOption } from './phone-paths.ts';
import { progressBar } from './progress-bar.ts';
import { readyRestoreTarget } from './restore-target.ts';
import { untilInterrupted } from './until-interrupted.ts';

interface Flags {
  readonly to: string;
  readonly snapshot: string;
  readonly asOf?: string;
  readonly data: string;
  readonly json?: true;
}

/** Adds `phone restore`: brings files of a phone back, on the server. */
export const addPhoneRestoreCommand = (phone: Command, { examples, defaults }: Shared): void => {
  phone
    .command('restore')
    .description('bring files of a phone back from a snapshot, below a new folder on this machine')
    .argument('<phone>', 'its name in sources.yaml')
    .argument('[path...]', 'files and folders as the phone has them; all of them, where none is named')
    .requiredOption('--to <dir>', "a folder that is not there yet, or is empty; it is given to the phone's UID")
    .option(...snapshotOption)
    .option(...asOfOption)
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      `${examples(
        'berth-server phone restore lisa-phone DCIM/Camera/IMG_20261114_180322.jpg --to /tmp/lisa',
        'berth-server phone restore lisa-phone --snapshot 1a2b3c4d --to /volume1/restored/lisa',
      )}
The phone's UID has to be able to walk to the folder. In a container it is the container's own: phone dump is easier.
Exit codes: 0 done, 1 failed, 3 some files could not be restored.
`,
    )
    .action((name: string, paths: readonly string[], flags: Flags) => phoneRestore(name, paths.map(phonePath), flags));
};

const phoneRestore = async (name: string, paths: readonly string[], flags: Flags): Promise<void> => {
  const at = await atPhone(resolve(flags.data), name);
  const snapshot = snapshotFrom(flags.snapshot);
  await using door = await openOwnDoor(at, asOfFrom(flags.asOf));
  const target = await readyRestoreTarget(at, resolve(flags.to));
  using interruption = untilInterrupted();
  const bar = progressBar(process.stderr, flags.json !== true);
  const onProgress = (value: unknown): void => {
    const read = restoreProgressSchema.safeParse(value);
    if (!read.success) return;
    const { filesDone, bytesDone, bytesTotal } = read.data;
    bar.show({ objects: filesDone, bytes: bytesDone, totalBytes: bytesTotal, what: 'files' });
  };
  const wishes = { signal: interruption.signal, onProgress, target };
  const argsFor = (own: ResticGiven) => ({ given: door.through(own), snapshot, paths: [...paths], target });
  const result = await startWithRestic(at.world, at.phone, restoreCall, argsFor, wishes).finally(() => bar.clear());
  const { failed, failures, isEmpty } = result;
  if (isEmpty)
    throw new Problem(
      'nothing-restored',
      'Nothing of that name is in the snapshot.',
      `See what is in it: berth-server phone ls ${name} --snapshot ${snapshot}`,
    );
  if (flags.json) sayJson({ phone: name, target, ...result });
  else {
    const files =
      result.files === null ? 'What was asked for' : `${result.files.toLocaleString('en')} files and folders`;
    say(`${files} restored to ${target}; owned by UID ${at.phone.uid}.\n`);
    for (const line of failures) say(`  not restored: ${printable(line, 500)}\n`);
  }
  if (failed > 0) process.exitCode = exitCode.incomplete;
};
