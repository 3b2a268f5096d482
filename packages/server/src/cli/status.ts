import { resolve } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import type { Command } from 'commander';
import type { Condition } from '../events/condition.ts';
import { jobPlaceOf } from '../jobs/place.ts';
import { startJob } from '../jobs/start.ts';
import { usageJob } from '../jobs/usage.ts';
import { printSource, printStatus, sourceTable } from '../status/print.ts';
import { status } from '../status/status.ts';
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
    .addHelpText('after', examples('berth-server status', 'berth-server status laptop --json'))
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

const wholeStatus = async (dataDir: string, json: boolean): Promise<void> => {
  requireDataDir(dataDir);
  const found = await status(dataDir);
  if (json) return sayJson(found);
  say(printStatus(found, Date.now()));
  sayConditions(found.conditions);
};

const sourceStatus = async (dataDir: string, name: string, json: boolean): Promise<void> => {
  requireDataDir(dataDir);
  const { server, up, sources, conditions } = await status(dataDir);
  const source = sources.find((candidate) => candidate.name === name);
  if (source === undefined) throw unknownSource(name);
  // Counting touches nothing; where the source's files can not be reached now, the rest is still worth showing.
  const reachable = server !== null && (up || server.mode !== 'private');
  const place = () => jobPlaceOf({ server, up, dataDir, program: thisProgram() });
  const usage = reachable && source.access === 'restic' ? await startJob(place(), source, usageJob, {}) : null;
  const its = conditions.filter((condition) => condition.source === name);
  if (json) return sayJson({ ...source, usage, conditions: its });
  say(printSource(source, usage, Date.now()));
  sayConditions(its);
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
