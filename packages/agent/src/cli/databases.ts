import { exitCode, Problem } from '@berth/common/problem.ts';
import type { Report } from '@berth/common/report.ts';
import { Command } from 'commander';
import type { Home } from '../config/home.ts';
import type { AgentConfig } from '../config/schema.ts';
import { type Covered, coverageOf } from '../databases/coverage.ts';
import { type DatabaseEntry, openDatabase } from '../databases/entries.ts';
import { verifyDump } from '../databases/restore-dump.ts';
import { dumpName, type StoredDump, unitOf } from '../databases/stored.ts';
import { chooseDumps } from '../restore-db/choose.ts';
import { readDumps } from '../restore-db/read-dumps.ts';
import { type OpenWorld, openWorld } from '../restore-db/world.ts';
import { newestReports } from '../run/report-file.ts';
import { openRepository } from '../transport/repository.ts';
import { isSameFamily } from '../uncovered/known.ts';
import { findUncovered, type Uncovered } from '../uncovered/uncovered.ts';
import { configFrom } from './config.ts';
import { databasesText } from './databases-text.ts';
import { type CommonOptions, homeFrom, type Io, writeJson } from './io.ts';
import { exitCodeOf, problemJson, problemText } from './problems.ts';
import { printable } from './words.ts';

interface Options extends CommonOptions {
  readonly verify?: string;
}

/** `berth databases`: what is dumped, and what runs here that is not. */
export const databasesCommand = (io: Io): Command =>
  new Command('databases')
    .summary('which databases are backed up, and which are not')
    .description(
      'Shows each entry of "databases:" with its newest dumps in the repository, and the databases that run on this machine and that no entry means, each with a line for agent.yaml. Without root less of what runs is seen. Changes nothing.',
    )
    .option('--verify <name>', 'read the newest dump of NAME or NAME/DATABASE back to its last byte and check it')
    .option('--home <dir>', 'the home DIR that "berth enroll --home" made')
    .option('--json', 'one JSON object on standard output; with --verify one a line for each dump')
    .addHelpText(
      'after',
      '\nExamples:\n  berth databases\n  berth databases --json | jq ".uncovered[].proposal"\n  berth databases --verify postgres/shop',
    )
    .action(async (options: Options) => {
      const home = homeFrom(options, io);
      const config = await configFrom(home);
      if (options.verify !== undefined)
        return verify(options.verify, { io, home, config, json: options.json === true });
      await using opened = await openWorld({ home, config, env: io.env, signal: io.signal });
      const { covered, problem } = await readCoverage(home, config, opened.entries, io);
      const uncovered = await lookAround(home, config, opened, io);
      const problems = [...opened.problems, ...(problem === null ? [] : [problem])];
      if (options.json) writeJson(io, { covered, uncovered, problems: problems.map((one) => problemJson(one).error) });
      else {
        io.stdout(databasesText(covered, uncovered, problem === null));
        for (const one of problems) io.stderr(problemText(one));
      }
      if (problem !== null) process.exitCode = exitCodeOf(problem);
      else if (problems.length > 0) process.exitCode = exitCode.incomplete;
    });

/** What agent.yaml and the reports say stays worth showing where the repository is out of reach. */
const readCoverage = async (
  home: Home,
  config: AgentConfig,
  entries: readonly DatabaseEntry[],
  io: Io,
): Promise<{ readonly covered: readonly Covered[]; readonly problem: Problem | null }> => {
  const [reports, now] = [await recentReports(home.reports), new Date()];
  try {
    await using repository = await openRepository({ destination: config.server, home, signal: io.signal });
    const dumps = await readDumps({
      restic: repository.restic,
      destination: config.server,
      home,
      asOf: null,
      signal: io.signal,
    });
    return { covered: coverageOf({ entries, dumps, reports, now }), problem: null };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { covered: coverageOf({ entries, dumps: [], reports, now }), problem: error };
  }
};

const mostReports = 60;

const recentReports = async (folder: string): Promise<readonly Report[]> => {
  const reports: Report[] = [];
  for await (const report of newestReports(folder)) {
    if (reports.push(report) === mostReports) break;
  }
  return reports;
};

const lookAround = (home: Home, config: AgentConfig, opened: OpenWorld, io: Io): Promise<readonly Uncovered[]> =>
  findUncovered({
    ...{ proc: '/proc', paths: config.paths, own: [home.directory, home.state], entries: opened.entries },
    ...{ containers: opened.containers, labels: config.containers?.labels === true, isRoot: io.uid === 0 },
  });

const verify = async (
  name: string,
  {
    io,
    home,
    config,
    json,
  }: { readonly io: Io; readonly home: Home; readonly config: AgentConfig; readonly json: boolean },
): Promise<void> => {
  await using repository = await openRepository({ destination: config.server, home, signal: io.signal });
  const { dumps } = chooseDumps(
    await readDumps({ restic: repository.restic, destination: config.server, home, asOf: null, signal: io.signal }),
    name,
    null,
  );
  await using opened = await openWorld({ home, config, env: io.env, signal: io.signal });
  for (const dump of dumps) {
    const about = {
      name: dumpName(dump),
      database: dump.database,
      file: dump.file,
      snapshot: dump.snapshot,
      time: dump.time,
    };
    try {
      const entry = opened.entries.find((one) => one.name === dump.entry && isSameFamily(one.engine, dump.engine));
      if (entry === undefined) throw noEntry(dump);
      const { restic } = repository;
      const database = openDatabase(entry);
      const { snapshot } = dump;
      const checked = await verifyDump({
        database,
        unit: unitOf(dump),
        snapshot,
        restic,
        world: opened.world,
        signal: io.signal,
      });
      if (json) writeJson(io, { ...about, ...checked, isWhole: true });
      else io.stdout(`${printable(about.file)}: whole; ${by[checked.verified]}\n`);
    } catch (error) {
      if (!(error instanceof Problem) || io.signal.aborted) throw error;
      if (json) writeJson(io, { ...about, isWhole: false, ...problemJson(error) });
      else io.stderr(problemText(error));
      process.exitCode = exitCode.failed;
    }
  }
};

const by = { tool: "the engine's own checker read it", stream: 'its form, marks and sums are right' } as const;

const noEntry = ({ entry, engine }: StoredDump): Problem =>
  new Problem(
    'entry-gone',
    `agent.yaml has no entry ${JSON.stringify(entry)} of the engine ${engine}, so nothing says how to check its dump.`,
    `Read it by hand: berth restore-db ${entry} --to-file FILE`,
  );
