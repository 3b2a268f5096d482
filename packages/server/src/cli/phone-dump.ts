import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { exitCode, Problem } from '@berth/common/problem.ts';
import type { Command } from 'commander';
import { dumpCall } from '../ingest/restic/calls.ts';
import { wordsWithRestic } from '../supervisor/phones/start.ts';
import { atPhone } from './at-phone.ts';
import type { Shared } from './command.ts';
import { asOfFrom, openOwnDoor } from './own-door.ts';
import { asOfOption, phonePath, snapshotFrom, snapshotOption } from './phone-paths.ts';
import { untilInterrupted } from './until-interrupted.ts';

interface Flags {
  readonly data: string;
  readonly snapshot: string;
  readonly asOf?: string;
}

/** Adds `phone dump`: a file of a phone, or a folder as tar, on standard output. */
export const addPhoneDumpCommand = (phone: Command, { examples, defaults }: Shared): void => {
  phone
    .command('dump')
    .description('write a file of a phone, or a folder as tar, to standard output')
    .argument('<phone>', 'its name in sources.yaml')
    .argument('<path>', 'the file or folder, from the top of the phone; / for all of it')
    .option(...snapshotOption)
    .option(...asOfOption)
    .option('--data <dir>', 'the data directory', defaults.data)
    .addHelpText(
      'after',
      `${examples('berth-server phone dump lisa-phone DCIM/Camera/IMG_1.jpg > IMG_1.jpg', 'berth-server phone dump lisa-phone DCIM --as-of 3d > dcim.tar')}
From a container: docker exec berth berth-server phone dump lisa-phone DCIM > dcim.tar
What came out before a failure (exit code 1) is not whole.
`,
    )
    .action((name: string, path: string, flags: Flags) => dump(name, path, flags));
};

const dump = async (name: string, wanted: string, flags: Flags): Promise<void> => {
  const path = phonePath(wanted);
  const snapshot = snapshotFrom(flags.snapshot);
  if (process.stdout.isTTY) {
    throw new Problem('terminal', 'Standard output is a terminal.', 'Send it to a file: … > FILE, or … | tar -t');
  }
  const at = await atPhone(resolve(flags.data), name);
  const asOf = asOfFrom(flags.asOf);
  using interruption = untilInterrupted();
  await using door = await openOwnDoor(at, asOf);
  const [file = '', ...words] = wordsWithRestic(at.world, at.phone, dumpCall.name, (given) =>
    dumpCall.args.parse({ given: door.through(given), snapshot, path }),
  );
  const child = spawn(file, words, {
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    // The bytes of a phone pass by us: they are its own program's to write.
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  interruption.signal.addEventListener('abort', () => child.kill('SIGTERM'));
  const [code] = await once(child, 'close');
  process.exitCode = code === 0 ? exitCode.ok : exitCode.failed;
};
