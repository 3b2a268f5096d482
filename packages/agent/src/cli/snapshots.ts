import { Command } from 'commander';
import { listSnapshots, type Snapshot } from '../snapshots/snapshots.ts';
import { asOfFrom, asOfOption, showRemark } from './as-of.ts';
import { configFrom } from './config.ts';
import { type CommonOptions, homeFrom, type Io, writeJson } from './io.ts';
import { moment, printable, table } from './words.ts';

interface Options extends CommonOptions {
  readonly asOf?: string;
  readonly all?: boolean;
  readonly tag: readonly string[];
}

/** `berth snapshots`: the moments this machine can go back to. */
export const snapshotsCommand = (io: Io): Command =>
  new Command('snapshots')
    .summary('list what can be restored')
    .description(
      'Lists the snapshots of files in the repository, oldest first. Those of databases and containers with --all or --tag.',
    )
    .option('--all', 'of databases and containers too')
    .option('--tag <tag>', 'all kinds, but only those with this tag, such as db:shop; may be repeated', collect, [])
    .option(...asOfOption)
    .option('--home <dir>', 'the home DIR that "berth enroll --home" made')
    .option('--json', 'one JSON array on standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  berth snapshots\n  berth snapshots --tag db\n  berth snapshots --as-of 2026-11-14\n  berth snapshots --json | jq -r ".[-1].id"',
    )
    .action(async (options: Options) => {
      const home = homeFrom(options, io);
      const asOf = asOfFrom(options.asOf, io);
      const { server } = await configFrom(home);
      const onRemark = showRemark(io);
      const every = await listSnapshots({ destination: server, home, asOf, onRemark, signal: io.signal });
      const snapshots = every.filter(isAsked(options));
      if (options.json) return writeJson(io, snapshots);
      if (snapshots.length > 0) io.stdout(snapshotTable(snapshots));
      else if (options.tag.length > 0) io.stdout(`No snapshot has the tag ${printable(options.tag.join(' and '))}.\n`);
      else if (asOf === null) io.stdout('No snapshots yet. Make one: berth backup\n');
      else io.stdout('There were no snapshots then.\n');
      if (options.tag.length === 0) io.stdout(othersLine(every.filter((one) => !snapshots.includes(one))));
    });

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** Scripts that take the last one of the array take the last of the files. */
const isAsked =
  ({ all = false, tag }: Options) =>
  ({ kind, tags }: Snapshot): boolean =>
    tag.length > 0 ? tag.every((wanted) => tags.includes(wanted)) : all || kind === 'files';

const othersLine = (others: readonly Snapshot[]): string => {
  if (others.length === 0) return '';
  const databases = others.filter(({ kind }) => kind === 'database').length;
  const containers = others.length - databases;
  const counted = [
    ...(databases === 0 ? [] : [`${databases} of databases`]),
    ...(containers === 0 ? [] : [`${containers} of containers`]),
  ];
  return `Not listed: ${counted.join(' and ')}. See them with --all.\n`;
};

const snapshotTable = (snapshots: readonly Snapshot[]): string =>
  table(
    ['ID', 'TIME', 'KIND', 'HOST', 'PATHS'],
    snapshots.map(({ shortId, time, kind, host, paths }) => [
      shortId,
      moment(time),
      kind,
      printable(host),
      printable(paths.join(' ')),
    ]),
  );
