import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { databaseFile, stateFolder } from '@berth/server/coordinator/paths.ts';
import { configOf, coordinatorFolders, linked, startCoordinator } from '../test/helpers/coordinator.ts';
import { askOnce, checkIn, type Heard, nothingHeard } from './control/agent.ts';
import { cpuSeconds, memoryOf } from './processes.ts';
import { quantile, round } from './table.ts';

/**
 * `npm run bench:control`: the coordinator alone, with many sources, each of which has an agent that goes through a whole
 * night: assignment, lease, heartbeats, report, usage, over a connection of its own. First as fast as the coordinator
 * answers `--lanes` of them at once; then at the rate of `--agents` in 15 minutes, for `--seconds`; then all of them ask
 * for a place while two may run, so that the queue is as long as it gets. Afterwards every report that was answered for is
 * looked up in the database. Ends with 1 when one is missing or a request failed.
 */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    agents: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '60' },
    lanes: { type: 'string', default: '32' },
  },
});
const count = (text: string): number => {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new Error('write --agents 10000 --seconds 60 --lanes 32');
};
const [agents, seconds, lanes] = [count(values.agents), count(values.seconds), count(values.lanes)];
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const latency = ({ latenciesMs }: Heard) => ({
  requests: latenciesMs.length,
  p50Ms: round(quantile(latenciesMs, 0.5), 1),
  p99Ms: round(quantile(latenciesMs, 0.99), 1),
  maxMs: round(quantile(latenciesMs, 1), 1),
});

/** All of `work`, `lanes` at a time. */
const inLanes = async (names: readonly string[], work: (name: string) => Promise<void>): Promise<void> => {
  const left = names[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (const name of left) await work(name);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
};

/** So many agents begin evenly over so many seconds, whether those before them are done or not. */
const atRate = async (
  names: readonly string[],
  overMs: number,
  work: (name: string) => Promise<void>,
): Promise<void> => {
  const startedMs = performance.now();
  const begun: Promise<void>[] = [];
  for (const [index, name] of names.entries()) {
    await sleep(Math.max(0, startedMs + (index * overMs) / names.length - performance.now()));
    begun.push(work(name));
  }
  await Promise.all(begun);
};

await using folders = coordinatorFolders();
const { control } = folders;
const names = Array.from({ length: agents }, (_, index) => `source-${index}`);
const sources = names.map((name) => linked(name, { window: { from: 22 * 60, to: 6 * 60 } }));
const coordinator = startCoordinator(folders, { logLevel: 'error' });
try {
  const startedMs = performance.now();
  await coordinator.apply(configOf(sources, { concurrency: lanes }));
  const appliedMs = performance.now() - startedMs;
  const idleBytes = memoryOf(coordinator.pid)?.rssBytes ?? 0;

  const fast = nothingHeard();
  const fastMs = performance.now();
  await inLanes(names, (name) => checkIn(control, name, fast));
  const fastSeconds = (performance.now() - fastMs) / 1000;

  const rated = nothingHeard();
  const ratedNames = names.slice(0, Math.ceil((agents * seconds) / (15 * 60)));
  const ratedCpu = cpuSeconds(coordinator.pid);
  await atRate(ratedNames, seconds * 1000, (name) => checkIn(control, name, rated));
  const cpuShare = (cpuSeconds(coordinator.pid) - ratedCpu) / seconds;

  await coordinator.apply(configOf(sources, { concurrency: 2 }));
  const queued = nothingHeard();
  await inLanes(names, (name) => askOnce(control, name, queued));
  const longest = nothingHeard();
  await inLanes(names.slice(0, 200), (name) => askOnce(control, name, longest));

  const peakBytes = memoryOf(coordinator.pid)?.peakRssBytes ?? 0;
  await coordinator.end();
  const db = new DatabaseSync(databaseFile(stateFolder(folders.data)), { readOnly: true });
  const kept = new Set(
    db
      .prepare('SELECT source, run FROM runs')
      .all()
      .map(({ source, run }) => `${source} ${run}`),
  );
  const rows = Number(db.prepare('SELECT count(*) AS n FROM runs').get()?.['n']);
  db.close();
  const reports = [...fast.reports, ...rated.reports];
  const lost = reports.filter(({ source, run }) => !kept.has(`${source} ${run}`)).length;
  const failures = [fast, rated, queued, longest].flatMap((heard) => heard.failures);

  const result = {
    agents,
    ...{ lost, twice: rows - reports.length, failures: failures.length },
    appliedMs: round(appliedMs, 0),
    fast: {
      ...latency(fast),
      perSecond: round(fast.latenciesMs.length / fastSeconds, 0),
      seconds: round(fastSeconds, 1),
    },
    rated: { ...latency(rated), perSecond: round(rated.latenciesMs.length / seconds, 1), cpuShare: round(cpuShare, 2) },
    queue: { waiting: agents - 2, ...latency(queued), longest: latency(longest) },
    memory: { idleBytes, peakBytes },
  };
  const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(0)} MiB`;
  for (const failure of failures.slice(0, 10)) say(failure);
  say(`${agents} sources in force after ${result.appliedMs} ms: planned, on the disk, and each with its socket`);
  say(
    `as fast as it goes: ${result.fast.perSecond} requests/s, p50 ${result.fast.p50Ms} ms, p99 ${result.fast.p99Ms} ms`,
  );
  say(
    `${agents} agents in 15 minutes, for ${seconds} s: ${result.rated.perSecond} requests/s, p50 ${result.rated.p50Ms} ms, p99 ${result.rated.p99Ms} ms, ${result.rated.cpuShare} of a core`,
  );
  say(`all of them in the queue: p99 ${result.queue.longest.p99Ms} ms to be told one's position`);
  say(`memory: ${mebibytes(idleBytes)} idle, ${mebibytes(peakBytes)} at its peak`);
  say(`${reports.length} reports, ${lost} lost`);
  if (values.json) say(JSON.stringify(result));
  process.exitCode = lost === 0 && failures.length === 0 && rows === reports.length ? 0 : 1;
} finally {
  await coordinator.kill();
}
