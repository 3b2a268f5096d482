import { resolve } from 'node:path';
import { printable } from '@berth/common/parsed.ts';
import { Problem } from '@berth/common/problem.ts';
import type { Command } from 'commander';
import { type ListEntry, listCall, listProgressSchema } from '../ingest/restic/calls.ts';
import { startWithRestic } from '../supervisor/phones/start.ts';
import { atPhone } from './at-phone.ts';
import { type Shared, say, sayJson } from './command.ts';
import { localTime } from './local-time.ts';
import { asOfFrom, openOwnDoor } from './own-door.ts';
import { asOfOption, phonePath, snapshotFrom, snapshotOption } from './phone-paths.ts';
import { untilInterrupted } from './until-interrupted.ts';

interface Flags {
  readonly data: string;
  readonly snapshot: string;
  readonly asOf?: string;
  readonly all?: true;
  readonly json?: true;
}

/** Adds `phone ls`: what is in a snapshot of a phone. */
export const addPhoneLsCommand = (phone: Command, { examples, defaults }: Shared): void => {
  phone
    .command('ls')
    .description("list a folder of a phone's snapshot: size in bytes, time, path")
    .argument('<phone>', 'its name in sources.yaml')
    .argument('[path]', 'a folder or file, from the top of the phone', '/')
    .option('--all', 'everything in the snapshot, whatever the folder')
    .option(...snapshotOption)
    .option(...asOfOption)
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs: a line for each, and one with the snapshot')
    .addHelpText(
      'after',
      examples(
        'berth-server phone ls lisa-phone DCIM/Camera',
        'berth-server phone ls lisa-phone DCIM/Camera --as-of 3d',
        'berth-server phone ls lisa-phone --all | grep -i beach',
      ),
    )
    .action((name: string, path: string, flags: Flags) => list(name, path, flags));
};

const list = async (name: string, path: string, flags: Flags): Promise<void> => {
  const folder = flags.all === true ? null : phonePath(path);
  const snapshot = snapshotFrom(flags.snapshot);
  const at = await atPhone(resolve(flags.data), name);
  const asOf = asOfFrom(flags.asOf);
  using interruption = untilInterrupted();
  await using door = await openOwnDoor(at, asOf);
  const show = (entry: ListEntry): void => (flags.json ? sayJson(entry) : say(entryText(entry)));
  const result = await startWithRestic(
    at.world,
    at.phone,
    listCall,
    (given) => ({ given: door.through(given), snapshot, folder }),
    {
      signal: interruption.signal,
      onProgress: (value) => {
        const read = listProgressSchema.safeParse(value);
        if (read.success) for (const entry of read.data.entries) show(entry);
      },
    },
  );
  if (result.snapshot === null) throw noSnapshots(name);
  if (result.entries === 0 && folder !== null && folder !== '/') {
    throw new Problem(
      'no-such-path',
      `Snapshot ${result.snapshot.id.slice(0, 8)} of ${name} has no ${printable(folder, 200)}.`,
      `See what it has: berth-server phone ls ${name}`,
    );
  }
  if (flags.json) sayJson({ phone: name, ...result });
};

const noSnapshots = (name: string): Problem =>
  new Problem('no-snapshot', `${name} has no snapshots.`, `Make one: berth-server phone backup ${name}`);

const entryText = ({ path, kind, size, mtimeMs }: ListEntry): string =>
  `${String(size).padStart(13)}  ${localTime(mtimeMs)}  ${printable(path, 4096)}${kind === 'folder' ? '/' : ''}\n`;
