import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseSize } from '@berth/common/size.ts';
import { fetchRestic } from '../scripts/fetch-restic.ts';
import { makeDataset } from './dataset.ts';
import { type Memory, watchSessions } from './processes.ts';
import { startReceiver } from './servers/receiver.ts';
import { startRestServer } from './servers/rest-server.ts';
import { measureSession } from './session.ts';
import { formatTable, median, medians, round } from './table.ts';
import { type Line, localLine, restLine, sshLine, type Transport } from './ways.ts';
import { playRound, type Round } from './works.ts';

/**
 * `npm run bench:transport`: the same restic does the same work over a local directory, SFTP, berth and rest-server,
 * round after round, all of them in each round, so that a slow minute of the machine meets them alike. Needs root and
 * a Debian; everything it makes is in one temporary folder.
 */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    size: { type: 'string', default: '1G' },
    rtt: { type: 'string', default: '0,20' },
    only: { type: 'string', default: '' },
  },
});
const size = parseSize(values.size);
if (!size.ok) throw new Error('--size: write, for example, 1G');
const rtts = values.rtt.split(',').map(Number);
const rounds = Number(values.rounds);
const only = values.only === '' ? null : values.only.split(',');

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(0)} MiB`;

const directory = await mkdtemp(join(tmpdir(), 'berth-bench-'));
const folder = async (name: string): Promise<string> => {
  const path = join(directory, name);
  await mkdir(path);
  return path;
};

try {
  const restic = await fetchRestic('0.18');
  const dataset = await folder('dataset');
  say(`${await makeDataset(dataset, size.value)} files, ${mebibytes(size.value)}`);
  const scene = { restic, dataset, scratch: await folder('scratch') };

  await using receiver = await startReceiver(await folder('berth'));
  const [source] = receiver.sources;
  if (source === undefined) throw new Error('the receiver has no source');
  await using tls = await startRestServer(await folder('rest-tls'), 'tls');
  await using plain = await startRestServer(await folder('rest-plain'), 'plain');
  const lines: readonly Line[] = [
    localLine(join(directory, 'local')),
    sshLine('sftp', receiver.sftp),
    sshLine('berth', source),
    restLine('rest-server', tls, tls.certificate),
    restLine('rest-server-plain', plain, null),
  ].filter(({ transport }) => only === null || only.includes(transport));

  const played: (Round & { readonly transport: Transport })[] = [];
  for (let count = 1; count <= rounds; count += 1) {
    for (const rttMs of rtts) {
      for (const line of lines) {
        if (line.transport === 'local' && rttMs !== rtts[0]) continue;
        const result = { ...(await playRound(scene, line, rttMs)), transport: line.transport };
        played.push(result);
        const seconds = result.samples.map((sample) => `${sample.work} ${sample.seconds.toFixed(2)}`).join('  ');
        say(`round ${count}  ${String(rttMs).padStart(3)} ms  ${line.transport.padEnd(17)}  ${seconds}`);
      }
    }
  }

  const rows = medians(played.flatMap(({ samples }) => samples));
  say(`\nSeconds, medians of ${rounds} ${rounds === 1 ? 'round' : 'rounds'}:\n\n${formatTable(rows)}\n`);
  for (const { transport } of lines) {
    const used = played.filter((one) => one.transport === transport).flatMap(({ cpuSeconds }) => cpuSeconds ?? []);
    const perGibibyte = median(used) / (size.value / 1024 ** 3);
    if (used.length > 0) say(`server CPU of a first backup, ${transport}: ${perGibibyte.toFixed(1)} s/GiB`);
  }
  const cost = await measureSession(source, 11);
  // A round of its own: looking at /proc takes so much time that it would show in what is timed.
  using watch = watchSessions(receiver.pid);
  await playRound(scene, sshLine('berth', source), 0);
  const peakRssBytes = Math.max(cost.idle.peakRssBytes, watch.peak()?.peakRssBytes ?? 0);
  const show = ({ rssBytes, pssBytes }: Memory): string =>
    `resident ${mebibytes(rssBytes)}, own share ${mebibytes(pssBytes)}`;
  say(`session start: ${cost.startMs.toFixed(0)} ms over an open connection, ${cost.coldMs.toFixed(0)} ms cold`);
  say(`session memory: waiting ${show(cost.idle)}; most ever ${mebibytes(peakRssBytes)}`);
  if (values.json) {
    const { startMs, coldMs, idle } = cost;
    const session = {
      startMs: round(startMs, 1),
      coldStartMs: round(coldMs, 1),
      rssBytes: idle.rssBytes,
      pssBytes: idle.pssBytes,
      peakRssBytes,
    };
    say(JSON.stringify({ rows, session }));
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
