import { resolve } from 'node:path';
import { formatSize, isBytes } from '@berth/common/size.ts';
import type { Command } from 'commander';
import { type SnapshotList, snapshotsCall } from '../ingest/restic/calls.ts';
import { table } from '../status/table.ts';
import { startWithRestic } from '../supervisor/phones/start.ts';
import { atPhone } from './at-phone.ts';
import { type Shared, say, sayJson } from './command.ts';
import { localTime } from './local-time.ts';
import { asOfFrom, openOwnDoor } from './own-door.ts';
import { asOfOption } from './phone-paths.ts';
import { untilInterrupted } from './until-interrupted.ts';

interface Flags {
  readonly asOf?: string;
  readonly data: string;
  readonly json?: true;
}

/** Adds `phone snapshots`: the moments that a phone's files can be brought back from. */
export const addPhoneSnapshotsCommand = (phone: Command, { examples, defaults }: Shared): void => {
  phone
    .command('snapshots')
    .description("list the snapshots of a phone's backup, the oldest first")
    .argument('<phone>', 'its name in sources.yaml')
    .option(...asOfOption)
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples('berth-server phone snapshots lisa-phone', 'berth-server phone snapshots lisa-phone --as-of 2026-11-14'),
    )
    .action((name: string, flags: Flags) => phoneSnapshots(name, flags));
};

const phoneSnapshots = async (name: string, flags: Flags): Promise<void> => {
  const at = await atPhone(resolve(flags.data), name);
  using interruption = untilInterrupted();
  const { signal } = interruption;
  await using door = await openOwnDoor(at, asOfFrom(flags.asOf));
  const { snapshots } = await startWithRestic(
    at.world,
    at.phone,
    snapshotsCall,
    (own) => ({ given: door.through(own) }),
    { signal },
  );
  if (flags.json) return sayJson(snapshots);
  if (snapshots.length > 0) return say(`${snapshotTable(snapshots).join('\n')}\n`);
  say(
    flags.asOf === undefined
      ? `No snapshots yet. Make one: berth-server phone backup ${name}\n`
      : 'There were no snapshots then.\n',
  );
};

const snapshotTable = (snapshots: SnapshotList): readonly string[] =>
  table([
    ['ID', 'TIME', 'FILES', 'SIZE'],
    ...snapshots.map(({ id, at, files, bytes }) => [
      id.slice(0, 8),
      localTime(Date.parse(at)),
      files === null ? '-' : files.toLocaleString('en'),
      bytes !== null && isBytes(bytes) ? formatSize(bytes) : '-',
    ]),
  ]);
