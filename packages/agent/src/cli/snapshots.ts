import { Command } from 'commander';
import { listSnapshots, type Snapshot } from '../snapshots/snapshots.ts';
import { configFrom } from './config.ts';
import { type CommonOptions, homeFrom, type Io, writeJson } from './io.ts';
import { moment, printable, table } from './words.ts';

/** `berth snapshots`: the moments this machine can go back to. */
export const snapshotsCommand = (io: Io): Command =>
  new Command('snapshots')
    .summary('list what can be restored')
    .description('Lists the snapshots in the repository, oldest first.')
    .option('--home <dir>', 'the home DIR that "berth enroll --home" made')
    .option('--json', 'one JSON array on standard output')
    .addHelpText('after', '\nExamples:\n  berth snapshots\n  berth snapshots --json | jq -r ".[-1].id"')
    .action(async (options: CommonOptions) => {
      const home = homeFrom(options, io);
      const { server } = await configFrom(home);
      const snapshots = await listSnapshots({ destination: server, home, signal: io.signal });
      if (options.json) return writeJson(io, snapshots);
      io.stdout(snapshots.length === 0 ? 'No snapshots yet. Make one: berth backup\n' : snapshotTable(snapshots));
    });

const snapshotTable = (snapshots: readonly Snapshot[]): string =>
  table(
    ['ID', 'TIME', 'HOST', 'PATHS'],
    snapshots.map(({ shortId, time, host, paths }) => [
      shortId,
      moment(time),
      printable(host),
      printable(paths.join(' ')),
    ]),
  );
