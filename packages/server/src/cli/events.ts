import { resolve } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import type { Command } from 'commander';
import { readConditions, readEvents } from '../events/files.ts';
import { recordConditions } from '../events/record.ts';
import { requireDataDir } from '../supervisor/enter.ts';
import type { Shared } from './command.ts';
import { conditionLines, eventLines } from './events-text.ts';

interface Flags {
  readonly data: string;
  readonly all?: true;
  readonly dismiss?: string;
  readonly json?: true;
}

/** Adds `events`: what is wrong now, and what happened. */
export const addEventsCommand = (program: Command, { examples, defaults }: Shared): void => {
  program
    .command('events')
    .description('show what is wrong now, and what happened lately')
    .argument('[source]', 'only what is about this source')
    .option('--all', 'the whole history instead of the latest')
    .option('--dismiss <key>', 'close one that is seen to: it comes back if it is found to be so again')
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples('berth-server events', 'berth-server events laptop --all', 'berth-server events --json'),
    )
    .action(async (source: string | undefined, flags: Flags) => {
      const dataDir = resolve(flags.data);
      requireDataDir(dataDir);
      if (flags.dismiss !== undefined) await dismiss(dataDir, flags.dismiss);
      const isAsked = (about: { readonly source: string | null }): boolean =>
        source === undefined || about.source === source;
      const open = readConditions(dataDir).filter(isAsked);
      const events = readEvents(dataDir).filter(isAsked);
      const shown = flags.all ? events : events.slice(-latest);
      process.stdout.write(flags.json ? `${JSON.stringify({ open, events: shown })}\n` : text(open, shown));
    });
};

const latest = 20;

const dismiss = async (dataDir: string, key: string): Promise<void> => {
  const isOpen = readConditions(dataDir).some((condition) => condition.key === key);
  if (isOpen) return void (await recordConditions(dataDir, [{ resolve: key }], Date.now()));
  throw new Problem(
    'unknown-condition',
    `Nothing is open under the key ${JSON.stringify(key)}.`,
    'See the keys with: berth-server events',
  );
};

const text = (open: Parameters<typeof conditionLines>[0], events: Parameters<typeof eventLines>[0]): string => {
  const now = open.length === 0 ? ['Nothing is wrong.'] : conditionLines(open, Date.now());
  const before = events.length === 0 ? [] : ['', 'lately', ...eventLines(events)];
  return `${[...now, ...before].join('\n')}\n`;
};
