import { Command } from 'commander';
import { listSnapshots, type Snapshot } from '../snapshots/snapshots.ts';
import { asOfFrom, asOfOption, showRemark } from './as-of.ts';
import { configFrom } from './config.ts';
import { type CommonOptions, homeFrom, type Io, writeJson } from './io.ts';
import { moment, printable, table } from './words.ts';

interface Options extends CommonOptions {
  readonly asOf?: string;
}

/** `berth snapshots`: the moments this machine can go back to. */
export const snapshotsCommand = (io: Io): Command =>
  new Command('snapshots')
    .summary('list what can be restored')
    .description('Lists the snapshots in the repository, oldest first.')
    .option(...asOfOption)
    .option('--home <dir>', 'the home DIR that "berth enroll --home" made')
    .option('--json', 'one JSON array on standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  berth snapshots\n  berth snapshots --as-of 2026-11-14\n  berth snapshots --json | jq -r ".[-1].id"',
    )
    .action(async (options: Options) => {
      const home = homeFrom(options, io);
      const asOf = asOfFrom(options.asOf, io);
      const { server } = await configFrom(home);
      const onRemark = showRemark(io);
      const snapshots = await listSnapshots({ destination: server, home, asOf, onRemark, signal: io.signal });
      if (options.json) return writeJson(io, snapshots);
      const none = asOf === null ? 'No snapshots yet. Make one: berth backup\n' : 'There were no snapshots then.\n';
      io.stdout(snapshots.length === 0 ? none : snapshotTable(snapshots));
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
