import { join, resolve } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import type { Command } from 'commander';
import type { Condition } from '../events/condition.ts';
import { jobPlaceOf } from '../jobs/place.ts';
import { type JobPlace, startJob } from '../jobs/start.ts';
import { storageTrouble } from '../jobs/storage-trouble.ts';
import { usageJob } from '../jobs/usage.ts';
import { lastRunsOf } from '../status/coordinated.ts';
import { printStatus, sourceTable } from '../status/print.ts';
import { printRuns } from '../status/print-runs.ts';
import { printSource } from '../status/print-source.ts';
import { type SourceStatus, status } from '../status/status.ts';
import { requireDataDir } from '../supervisor/enter.ts';
import { thisProgram } from '../supervisor/program.ts';
import { type Shared, say, sayJson } from './command.ts';
import { conditionLines } from './events-text.ts';

interface Flags {
  readonly data: string;
  readonly json?: true;
}

/** Adds `status` and `sources`: what is in force, and how it is. */
export const addStatusCommands = (program: Command, { examples, defaults }: Shared): void => {
  program
    .command('status')
    .description('show whether the server is up, what is in force, and every source; with a name, that source')
    .argument('[source]', 'one source, with what it occupies')
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText('after', `${examples('berth-server status', 'berth-server status laptop --json')}${states}`)
    .action((name: string | undefined, { data, json }: Flags) =>
      name === undefined ? wholeStatus(resolve(data), json === true) : sourceStatus(resolve(data), name, json === true),
    );

  program
    .command('sources')
    .description('list the sources that are in force')
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText('after', examples('berth-server sources', 'berth-server sources --json'))
    .action(async ({ data, json }: Flags) => {
      const dataDir = resolve(data);
      requireDataDir(dataDir);
      const { sources } = await status(dataDir);
      say(json ? `${JSON.stringify(sources)}\n` : `${sourceTable(sources).join('\n')}\n`);
    });
};

const states = `
States, the worst first: unreadable (its storage), overdue (no backup within overdue_after), failing (the last run
failed), never (no backup yet), warned (the last one was incomplete, or had warnings), fine.
The exit code is 0 whatever the states are: a monitor reads --json, where times are UTC.
`;

const wholeStatus = async (dataDir: string, json: boolean): Promise<void> => {
  requireDataDir(dataDir);
  const found = await status(dataDir);
  if (json) return sayJson(found);
  say(printStatus(found, Date.now()));
  sayConditions(found.conditions);
};

const sourceStatus = async (dataDir: string, name: string, json: boolean): Promise<void> => {
  requireDataDir(dataDir);
  const { server, up, sources, conditions, timeZone } = await status(dataDir);
  const source = sources.find((candidate) => candidate.name === name);
  if (source === undefined) throw unknownSource(name);
  // Counting touches nothing; where the source's files can not be reached now, the rest is still worth showing.
  const reachable = server !== null && (up || server.mode !== 'private');
  const place = () => jobPlaceOf({ server, up, dataDir, program: thisProgram() });
  const counted = reachable && source.access === 'restic' ? await countedBy(place, dataDir, source) : { usage: null };
  const its = conditions.filter((condition) => condition.source === name);
  const runs = lastRunsOf(dataDir, name);
  const shown = { ...source, ...counted };
  if (json) return sayJson({ ...shown, runs, conditions: its });
  const reader = { nowMs: Date.now(), timeZone };
  say(printSource(shown, shown.usage, reader));
  say(printRuns(runs, reader));
  sayConditions(its);
};

/** What it stores, counted now; a disk that does not let itself be read is how the source is. */
const countedBy = async (place: () => JobPlace, dataDir: string, source: SourceStatus) => {
  try {
    return { usage: await startJob(place(), source, usageJob, {}) };
  } catch (error) {
    const words = storageTrouble(join(dataDir, 'sources', source.name), error);
    if (words === null) throw error;
    return { usage: null, state: 'unreadable', words: `Its storage can not be read: ${words}` } as const;
  }
};

const sayConditions = (conditions: readonly Condition[]): void => {
  if (conditions.length > 0) say(`\n${conditionLines(conditions, Date.now()).join('\n')}\n`);
};

const unknownSource = (name: string): Problem =>
  new Problem(
    'unknown-source',
    `No source ${JSON.stringify(name)} is in force.`,
    'List them with: berth-server sources',
  );
