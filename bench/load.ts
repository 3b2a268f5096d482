import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { parseSize } from '@berth/common/size.ts';
import { fetchRestic } from '../scripts/fetch-restic.ts';
import { makeDataset } from './dataset.ts';
import { watchLoad } from './processes.ts';
import { startContainer } from './servers/container.ts';
import { startReceiver } from './servers/receiver.ts';
import type { SshServer } from './servers/server.ts';
import { quantile, round } from './table.ts';
import { sshLine } from './ways.ts';
import { resticOver } from './works.ts';

/**
 * `npm run bench:load`: many sources of one receiver that begin their first backup within a minute, as a night's slot
 * without a coordinator would be. Each opens a connection, makes a repository, backs up and checks. Ends with 1 unless
 * all of them complete. `--docker` takes the receiver in its container instead of a process of this machine.
 */
const { values } = parseArgs({
  options: {
    docker: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    clients: { type: 'string', default: '100' },
    within: { type: 'string', default: '60' },
    size: { type: 'string', default: '4M' },
  },
});
const clients = Number(values.clients);
const withinMs = Number(values.within) * 1000;
const size = parseSize(values.size);
if (!size.ok || !Number.isSafeInteger(clients) || clients < 1) throw new Error('write --clients 100 --size 4M');

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

interface Finished {
  /** From starting ssh until others can join the connection. */
  readonly connectMs: number;
  readonly failure: string | null;
}

/** One client's night, begun after `delayMs`. It never rejects. */
const client = async (restic: string, folder: string, source: SshServer, delayMs: number): Promise<Finished> => {
  await sleep(delayMs);
  const started = performance.now();
  let connectMs = Number.NaN;
  try {
    await mkdir(folder);
    await using way = await sshLine('berth', source).open(0);
    connectMs = performance.now() - started;
    const run = await resticOver(restic, folder, way);
    await run('init');
    await run('backup', dataset);
    await run('check');
    return { connectMs, failure: null };
  } catch (error) {
    return { connectMs, failure: error instanceof Error ? error.message : String(error) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

// Ctrl-C ends the receiver first: a container would outlive us.
const stopping = Promise.withResolvers<never>();
stopping.promise.catch(() => undefined);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.reject(new Error(signal)));

const directory = await mkdtemp(join(tmpdir(), 'berth-load-'));
const dataset = join(directory, 'dataset');
try {
  const restic = await fetchRestic('0.18');
  await makeDataset(dataset, size.value);
  await mkdir(join(directory, 'server'));
  const start = values.docker ? startContainer : startReceiver;
  await using receiver = await start(join(directory, 'server'), clients);
  using watch = watchLoad(receiver.pid);
  const started = performance.now();
  const all = receiver.sources.map((source, index) =>
    client(restic, join(directory, source.user), source, (index * withinMs) / clients),
  );
  const finished = await Promise.race([Promise.all(all), stopping.promise]);
  const seconds = (performance.now() - started) / 1000;
  const { idleBytes, peakBytes, cpuSeconds } = watch.load();

  const connects = finished.map(({ connectMs }) => connectMs).filter((ms) => !Number.isNaN(ms));
  const failures = finished.flatMap(({ failure }) => failure ?? []);
  const result = {
    receiver: values.docker ? 'container' : 'process',
    clients,
    completed: clients - failures.length,
    seconds: round(seconds, 1),
    connect: { p50Ms: round(quantile(connects, 0.5), 0), p99Ms: round(quantile(connects, 0.99), 0) },
    server: { idleBytes, peakBytes, cpuSeconds: round(cpuSeconds, 1) },
  };
  const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(0)} MiB`;
  for (const failure of failures) say(failure);
  say(`${result.completed} of ${clients} complete after ${result.seconds} s`);
  say(`connect: median ${result.connect.p50Ms} ms, p99 ${result.connect.p99Ms} ms`);
  say(`server memory: ${mebibytes(idleBytes)} idle, ${mebibytes(peakBytes)} at its peak (PSS of all its processes)`);
  say(`server CPU: ${result.server.cpuSeconds} s`);
  if (values.json) say(JSON.stringify(result));
  process.exitCode = failures.length === 0 ? 0 : 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
