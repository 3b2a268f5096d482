import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { formatSize, isBytes } from '@berth/common/size.ts';
import { type Command, InvalidArgumentError } from 'commander';
import { historyJob, type SourceHistory } from '../jobs/history.ts';
import { startJob } from '../jobs/start.ts';
import type { Shared } from './command.ts';
import { localTime } from './local-time.ts';
import { resticSourceInForce } from './on-source.ts';

const usual = 40;

/** Adds `history`: what happened to a source, and the moments that it can be looked at or rewound to. */
export const addHistoryCommand = (program: Command, { examples, defaults }: Shared): void => {
  program
    .command('history')
    .description('show what happened to a source, oldest first, and the moments to rewind to')
    .argument('<source>', 'whose past')
    .option('--last <number>', 'how many lines', toCount, usual)
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText('after', examples('berth-server history laptop', 'berth-server history laptop --last 500 --json'))
    .action(async (name: string, flags: { data: string; last: number; json?: true }) => {
      const { source, place } = await resticSourceInForce(resolve(flags.data), name);
      const history = await startJob(place, source, historyJob, { most: flags.last });
      process.stdout.write(
        flags.json ? `${JSON.stringify({ source: name, ...history })}\n` : historyText(name, history),
      );
    });
};

const historyText = (name: string, { stretches, earlier }: SourceHistory): string => {
  if (stretches.length === 0) return `${name} has never stored anything.\n`;
  const rows = [
    ['UNTIL', 'STORED', 'DELETED', 'SNAPSHOTS', 'LIVE', 'PLACE AFTER IT', ''],
    ...stretches.map((stretch) => [
      localTime(stretch.to),
      amount(stretch.stored),
      amount(stretch.deleted),
      `${stretch.snapshots}${changes(stretch)}`,
      size(stretch.live.bytes),
      stretch.quiet === null ? 'none is quiet' : String(stretch.quiet),
      remark(stretch),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const painted = lines.map((line, index) => (stretches[index - 1]?.massDelete ? paint('red', line) : line));
  const more = earlier === 0 ? [] : [`(${earlier} earlier: --last ${earlier + stretches.length})`];
  return `${[...more, ...painted].join('\n')}\n`;
};

type Stretch = SourceHistory['stretches'][number];

const changes = ({ snapshotsStored, snapshotsDeleted }: Stretch): string => {
  const parts = [
    ...(snapshotsStored > 0 ? [`+${snapshotsStored}`] : []),
    ...(snapshotsDeleted > 0 ? [`-${snapshotsDeleted}`] : []),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(' ')})`;
};

const remark = ({ massDelete, returned }: Stretch): string => {
  if (returned.objects > 0) return `a rewind: ${returned.objects} came back`;
  return massDelete ? 'MASS DELETE' : '';
};

const amount = ({ objects, bytes }: Stretch['stored']): string => (objects === 0 ? '-' : `${objects}: ${size(bytes)}`);

const size = (bytes: number): string => (isBytes(bytes) ? formatSize(bytes) : `${bytes} B`);

const paint = (format: 'red', text: string): string => styleText(format, text, { stream: process.stdout });

const toCount = (text: string): number => {
  const count = Number(text);
  if (/^\d{1,5}$/.test(text) && count >= 1 && count <= 10_000) return count;
  throw new InvalidArgumentError('It is a number from 1 to 10000.');
};
