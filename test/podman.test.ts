import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Containers } from '../packages/agent/src/containers/containers.ts';
import { planGroups } from '../packages/agent/src/containers/groups.ts';
import { lookAt } from '../packages/agent/src/containers/paths.ts';
import { quiesceContainers } from '../packages/agent/src/containers/quiesce.ts';
import { openBook } from '../packages/agent/src/recover/book.ts';
import { buildQuietImage, composeLabels, counting, quietImage } from './docker/quiet.ts';
import { noPodman, type Podman, startPodman } from './helpers/podman.ts';

const reason = await noPodman();

let engine: Podman;
let containers: Containers;
beforeAll(async () => {
  if (reason !== null) return console.warn(`Podman is not tried: ${reason}.`);
  engine = await startPodman();
  ({ containers } = engine);
  await buildQuietImage(engine.words);
}, 120_000);
afterAll(async () => {
  if (reason !== null) return;
  await containers[Symbol.asyncDispose]();
  await engine.dispose();
}, 60_000);

const go = new AbortController().signal;

const add = async (name: string, labels: readonly string[]): Promise<void> => {
  await mkdir(join(engine.folder, name));
  const { exitCode, stderr } = await engine.podman([
    ...['run', '--detach', '--name', name, '--network', 'none', '--volume', `${join(engine.folder, name)}:/data`],
    // A container may not have higher limits than its engine.
    ...['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024', '--stop-timeout', '5'],
    ...labels.flatMap((label) => ['--label', label]),
    ...[`localhost/${quietImage}`, 'sh', '-c', counting],
  ]);
  if (exitCode !== 0) throw new Error(stderr);
};

const stateOf = async (name: string): Promise<string> => (await containers.find({ name })).state;

test.skipIf(reason !== null)(
  `Podman stops, pauses and starts by the same labels${reason === null ? '' : ` (${reason})`}`,
  async () => {
    await add('shop-app', [...composeLabels('shop', 'app', ['db']), 'berth.backup=stop']);
    await add('shop-db', [...composeLabels('shop', 'db'), 'berth.backup=stop']);
    await add('wiki', ['berth.backup=pause']);
    const book = openBook(join(engine.folder, 'unfinished.json'), () => new Date());
    const quiesce = quiesceContainers({
      ...{ containers, things: book, elapsed: () => performance.now() },
      sleep: (delayMs, signal) => sleep(delayMs, undefined, { signal }).catch(() => undefined),
    });
    const groups = await planGroups({ engine: null, labels: true, stop: [] }, containers, { own: null, look: lookAt });
    expect(groups.map(({ group, paths }) => [group.name, group.how, paths.length])).toEqual([
      ['shop', 'stop', 2],
      ['wiki', 'pause', 1],
    ]);
    for (const { group } of groups) {
      const down = await quiesce.down(group, go);
      const quiet = group.how === 'stop' ? 'exited' : 'paused';
      for (const { name } of group.containers) expect(await stateOf(name)).toBe(quiet);
      expect(await down.up()).toMatchObject({ meanwhile: [], warnings: [] });
      for (const { name } of group.containers) expect(await stateOf(name)).toBe('running');
    }
    expect(await book.entries()).toEqual([]);
  },
);

test.skipIf(reason !== null)(
  'a tool in one of Podman’s containers gives its bytes and its own code, and ends with its run',
  async () => {
    const wiki = await containers.find({ name: 'wiki' });
    const out: Buffer[] = [];
    const onStdout = (chunk: Uint8Array) => void out.push(Buffer.from(chunk));
    const stdin = (async function* () {
      for (let turn = 0; turn < 50; turn += 1) yield Buffer.alloc(64 * 1024);
    })();
    expect(
      await containers.exec(wiki, { argv: ['sh', '-c', 'wc -c; echo bad >&2; exit 3'], stdin, onStdout }, go),
    ).toEqual({
      ...{ code: 3, stderr: ['bad'] },
    });
    expect(Buffer.concat(out).toString().trim()).toBe('3276800');
    await expect(containers.exec(wiki, { argv: ['pg_dump'], onStdout }, go)).rejects.toMatchObject({
      code: 'tool-missing',
    });
    const stop = new AbortController();
    const ended = containers.exec(
      wiki,
      { argv: ['sleep', '54321'], onPid: () => void setTimeout(() => stop.abort(), 100) },
      stop.signal,
    );
    await expect(ended).rejects.toMatchObject({ code: 'cancelled' });
    expect((await engine.podman(['top', 'wiki', 'args'])).stdout).not.toContain('54321');
  },
);
