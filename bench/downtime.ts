import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openRestic } from '@berth/common/restic/restic.ts';
import { isDone } from '@berth/common/restic/result.ts';
import type { Containers, Down } from '../packages/agent/src/containers/containers.ts';
import { openContainers } from '../packages/agent/src/containers/docker.ts';
import { quiesceContainers } from '../packages/agent/src/containers/quiesce.ts';
import { takeSnapshotsBy } from '../packages/agent/src/filesystems/take.ts';
import { openBook } from '../packages/agent/src/recover/book.ts';
import { execOn } from '../packages/agent/src/services/exec.ts';
import { withEngine } from '../scripts/docker/engine.ts';
import { docker, dockerOrThrow } from '../test/docker/container.ts';
import { buildQuietImage, counting, quietImage } from '../test/docker/quiet.ts';
import { withBtrfs } from '../test/helpers/btrfs.ts';
import { median, round } from './table.ts';

/**
 * `npm run bench:downtime`: for how long a container with some data is down while it is copied, by what a run does: `cold`, everything is read while
 * it is down; `warm`, the files went first and only what has changed since is read; `snapshot`, it is down until btrfs has kept its data as they are.
 * The container, Docker, btrfs (on a loop device) and restic are real, the repository is a local folder. Needs root. Seconds, each round and the middle.
 */
const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '1024' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});
const [mebibytes, rounds] = [Number(values.size), Number(values.rounds)];
if (!(mebibytes > 0 && rounds > 0)) throw new Error('write --size 1024 (MiB) --rounds 3');

const mebibyte = 1024 * 1024;
const never = new AbortController().signal;
const ways = ['cold', 'warm', 'snapshot'] as const;
type Way = (typeof ways)[number];

const fill = async (folder: string): Promise<void> => {
  const perFile = 8;
  await mkdir(folder, { recursive: true });
  for (let first = 0; first < mebibytes; first += perFile) {
    await using file = await open(join(folder, `table-${first}`), 'w');
    for (let at = first; at < Math.min(first + perFile, mebibytes); at += 1) await file.write(randomBytes(mebibyte));
  }
};

const main = async (): Promise<Record<Way, { readonly seconds: readonly number[]; readonly middle: number }>> => {
  await using stack = new AsyncDisposableStack();
  stack.use(await withEngine());
  await buildQuietImage();
  const disk = stack.use(await withBtrfs(mebibytes * 2 + 600));
  const data = join(disk.disk, 'data');
  await disk.run('btrfs', 'subvolume', 'create', data);
  await fill(data);
  const name = `downtime-${randomBytes(4).toString('hex')}`;
  await dockerOrThrow('run', '--detach', '--name', name, '--volume', `${data}:/data`, quietImage, 'sh', '-c', counting);
  stack.defer(async () => void (await docker('rm', '--force', name)));
  const containers = stack.use(await openContainers(null, process.env));
  const seconds: Record<Way, number[]> = { cold: [], warm: [], snapshot: [] };
  for (let turn = 0; turn < rounds; turn += 1) {
    for (const way of ways) {
      const repository = join(disk.beside, `${way}-${turn}`);
      seconds[way].push(await measure(way, { containers, name, data, repository, beside: disk.beside, env: disk.env }));
      await disk.run('rm', '-rf', repository);
    }
  }
  const told = (way: Way) => ({
    seconds: seconds[way].map((one) => round(one, 2)),
    middle: round(median(seconds[way]), 2),
  });
  return { cold: told('cold'), warm: told('warm'), snapshot: told('snapshot') };
};

/** Seconds that the container was down, as a run's report says them. */
const measure = async (
  way: Way,
  about: {
    readonly containers: Containers;
    readonly name: string;
    readonly data: string;
    readonly repository: string;
    readonly beside: string;
    readonly env: NodeJS.ProcessEnv;
  },
): Promise<number> => {
  const { containers, name, data, repository, beside, env } = about;
  const things = openBook(join(beside, 'unfinished.json'), () => new Date());
  const sleep = async (delayMs: number, signal: AbortSignal): Promise<void> => {
    await pause(delayMs, undefined, { signal }).catch(() => undefined);
  };
  const quiesce = quiesceContainers({ containers, things, elapsed: () => performance.now(), sleep });
  const take = takeSnapshotsBy({ things, exec: execOn(env), uid: 0, oneFileSystem: false });
  const passwordFile = join(beside, 'password');
  await writeFile(passwordFile, 'no secret\n', { mode: 0o600 });
  const open = (prefix: readonly string[]) =>
    openRestic({ repository, passwordFile, cacheDirectory: join(beside, 'cache'), env, prefix });
  const live = await open([]);
  await live.init();
  const copy = async (restic: Awaited<ReturnType<typeof open>>, parent: string | null): Promise<string> => {
    const request = { paths: [data], host: 'bench', tags: ['container'], ...(parent !== null && { parent }) };
    const result = await restic.backup(request, {});
    if (!isDone(result) || result.value.snapshotId === null) throw new Error(JSON.stringify(result));
    return result.value.snapshotId;
  };
  const parent = way === 'warm' ? await copy(live, null) : null;
  // What an hour of use changes: one file grows.
  await appendFile(join(data, 'table-0'), randomBytes(mebibyte));
  const container = await containers.find({ name });
  const group = { kind: 'containers', name, how: 'stop', containers: [container], timeoutMs: 3_600_000 } as const;
  await using down: Down = await quiesce.down(group, never);
  if (way !== 'snapshot') {
    await copy(live, parent);
    return (await down.up()).downMs / 1000;
  }
  await using taken = await take([data], [], never);
  const { downMs } = await down.up();
  if (taken.covered.length === 0) throw new Error(`no snapshot: ${taken.live[0]?.why}`);
  await copy(await open(taken.prefix), null);
  return downMs / 1000;
};

const results = await main();
if (values.json) process.stdout.write(`${JSON.stringify({ mebibytes, ...results })}\n`);
else {
  const rows = ways.map((way) => `| ${way} | ${results[way].middle.toFixed(2)} | ${results[way].seconds.join(', ')} |`);
  process.stdout.write(
    `${mebibytes} MiB\n\n| way | seconds down, the middle | each round |\n|---|--:|---|\n${rows.join('\n')}\n`,
  );
}
