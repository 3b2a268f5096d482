import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { z } from 'zod';
import { type KillPoint, killPoints } from '../../packages/agent/src/containers/kill-points.ts';
import { openRestic } from '../../packages/common/src/restic/restic.ts';
import { buildInto } from '../../scripts/build.ts';
import { type Engine, withEngine } from '../../scripts/docker/engine.ts';
import { fetchRestic } from '../../scripts/fetch-restic.ts';
import type { killableWords } from '../helpers/killable-agent.ts';
import { dockerOrThrow } from './container.ts';
import { buildQuietImage, composeLabels, withQuiet } from './quiet.ts';

const labelled = ['app', 'db', 'hooked', 'paused'] as const;
const named = ['app', 'db'] as const;

let engine: Engine;
let directory: string;
let program: string;
let binary: string;
/** Agents by labels, and two by agent.yaml's names: each has its home and its containers, so that they can be killed side by side. */
let byLabels: Lane;
const lanes: Lane[] = [];

const labelsOf = (project: string, service: 'app' | 'db'): readonly string[] =>
  composeLabels(project, service, service === 'app' ? ['db'] : []);
const stopped = 'berth.backup=stop';

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** An agent with a home, a repository and containers of its own; `settings` of agent.yaml's `containers:` says which those are. */
const withLane = async (services: readonly (typeof labelled)[number][], settings: (project: string) => string) => {
  const quiet = await withQuiet();
  const home = join(directory, quiet.name);
  await mkdir(join(home, 'files'), { recursive: true });
  await writeFile(join(home, 'password'), 'of the repository\n', { mode: 0o600 });
  const config = [
    'server: nas',
    'name: box',
    `paths: [${home}/files]`,
    `containers: ${settings(quiet.name)}`,
    'snapshots: auto',
  ];
  await writeFile(join(home, 'agent.yaml'), `${config.join('\n')}\n`);
  const repository = join(home, 'repository');
  const restic = await openRestic({
    ...{ binary, repository, passwordFile: join(home, 'password'), cacheDirectory: join(home, 'cache') },
    env: process.env,
  });
  await restic.init();

  const agent = (work: 'backup' | 'recover', killAt: KillPoint | null) => {
    const words: z.input<typeof killableWords> = { work, killAt, home, restic: binary, repository };
    return execa(process.execPath, [program, JSON.stringify(words)], { reject: false, timeout: 90_000 });
  };
  const states = async (): Promise<Record<string, string | null>> =>
    Object.fromEntries(await Promise.all(services.map(async (service) => [service, await quiet.stateOf(service)])));
  return {
    quiet,
    agent,
    states,
    /** Everything as it was before the run: nothing stopped, paused or frozen, and nothing left to do. */
    expectWell: async (): Promise<void> => {
      expect(await states()).toEqual(Object.fromEntries(services.map((service) => [service, 'running'])));
      expect(await isThere(join(quiet.folder, 'hooked/frozen'))).toBe(false);
      expect(await isThere(join(home, 'state/.berth-taken'))).toBe(false);
      expect(await readFile(join(home, 'state/unfinished.json'), 'utf8').catch(() => 'none')).toBe('none');
    },
    killed: async (work: 'backup' | 'recover', at: KillPoint): Promise<void> => {
      const { signal, stdout, stderr } = await agent(work, at);
      expect({ signal, words: signal === 'SIGKILL' ? '' : `${stdout}\n${stderr}` }).toEqual({
        signal: 'SIGKILL',
        words: '',
      });
    },
    recovered: async (): Promise<void> => {
      const { exitCode, stdout, stderr } = await agent('recover', null);
      expect({ exitCode, words: exitCode === 0 ? '' : `${stdout}\n${stderr}` }).toEqual({ exitCode: 0, words: '' });
    },
  };
};
type Lane = Awaited<ReturnType<typeof withLane>>;

/** Long enough to copy that somebody can end the agent in the middle. */
const fillDatabase = ({ quiet }: Lane) =>
  execa('dd', ['if=/dev/urandom', `of=${join(quiet.folder, 'db/large')}`, 'bs=1M', 'count=96']);

beforeAll(async () => {
  engine = await withEngine();
  await buildQuietImage();
  directory = await mkdtemp(join(tmpdir(), 'berth-killed-'));
  binary = await fetchRestic('0.18');
  // Started sixty times: as it is released it takes a third of the time.
  await buildInto(join(directory, 'programs'), { killable: 'test/helpers/killable-agent.ts' });
  program = join(directory, 'programs/killable.mjs');
  byLabels = await withLane(labelled, () => '{ labels: true }');
  lanes.push(byLabels);
  const { quiet } = byLabels;
  await quiet.add('db', [...labelsOf(quiet.name, 'db'), stopped]);
  await quiet.add('app', [...labelsOf(quiet.name, 'app'), stopped]);
  await quiet.add('paused', ['berth.backup=pause']);
  await quiet.add('hooked', [
    ...['berth.backup=exec', 'berth.before=touch /data/frozen; sleep 0.5', 'berth.after=rm -f /data/frozen'],
  ]);
  for (let made = 0; made < 2; made += 1) {
    const lane = await withLane(named, (project) => `{ labels: false, stop: [{ compose: ${project} }] }`);
    lanes.push(lane);
    for (const service of ['db', 'app'] as const) {
      await lane.quiet.add(service, labelsOf(lane.quiet.name, service));
    }
    await fillDatabase(lane);
  }
}, 300_000);
afterAll(async () => {
  for (const { quiet } of lanes) await quiet[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
  await engine[Symbol.asyncDispose]();
});

const taken = new Set<Lane>();

/** Does the work with one that is free. */
const onFree = async (fitting: (lane: Lane) => boolean, work: (lane: Lane) => Promise<void>): Promise<void> => {
  const take = (): Lane | undefined => {
    const free = lanes.find((lane) => fitting(lane) && !taken.has(lane));
    if (free !== undefined) taken.add(free);
    return free;
  };
  const lane = await vi.waitUntil(take, { timeout: 170_000 });
  try {
    await work(lane);
  } finally {
    taken.delete(lane);
  }
};

test('a run that nobody kills stops, pauses, copies, and leaves everything running', async () => {
  const { agent, quiet, expectWell } = byLabels;
  const { stdout, stderr } = await agent('backup', null);
  const { outcome, steps, warnings } = JSON.parse(stdout || `{"stderr":${JSON.stringify(stderr)}}`);
  const quiesced = steps.filter(({ name, subject }: { name: string; subject: string | null }) => {
    // An engine of this machine may have others with labels.
    return name === 'quiesce' && subject?.startsWith(quiet.name);
  });
  expect({ outcome, warnings }).toEqual({ outcome: 'ok', warnings: [] });
  expect(quiesced.map(({ outcome: end }: { outcome: string }) => end)).toEqual(['ok', 'ok', 'ok']);
  await expectWell();
});

/** What only labels have a run do. */
const needsLabels = new Set<KillPoint>(['pause-sent', 'paused', 'exec-midway']);

test.concurrent.for(killPoints)('killed at %s, recover has everything run again', { timeout: 240_000 }, (point) =>
  onFree(
    (lane) => (lane === byLabels) === needsLabels.has(point),
    async ({ killed, recovered, expectWell }) => {
      if (point === 'recover-after-first-start') {
        await killed('backup', 'all-stopped');
        await killed('recover', point);
      } else {
        await killed('backup', point);
      }
      await recovered();
      await expectWell();
    },
  ),
);

test('the next run puts right what the killed one left, and then makes its backup', { timeout: 180_000 }, async () => {
  const { agent, killed, expectWell } = byLabels;
  await killed('backup', 'all-stopped');
  const { stdout } = await agent('backup', null);
  const { outcome, steps } = JSON.parse(stdout);
  expect(outcome).toBe('ok');
  expect(steps.map(({ name }: { name: string }) => name)).toContain('recover');
  await expectWell();
});

test('a container that was made anew meanwhile is found by its project and service', { timeout: 180_000 }, async () => {
  const { quiet, killed, recovered, expectWell } = byLabels;
  await killed('backup', 'all-stopped');
  const before = await quiet.inspect('db', '{{.Id}}');
  await dockerOrThrow('rm', quiet.called('db'));
  await dockerOrThrow('rename', quiet.called('app'), quiet.called('renamed'));
  await quiet.add('db', [...labelsOf(quiet.name, 'db'), stopped], { verb: 'create' });
  await recovered();
  expect(await quiet.inspect('db', '{{.Id}}')).not.toBe(before);
  await dockerOrThrow('rename', quiet.called('renamed'), quiet.called('app'));
  await expectWell();
});

test('an engine that was restarted in between starts nothing that was stopped, and recover does', {
  timeout: 240_000,
}, async (context) => {
  const { agent, states, killed, recovered, expectWell } = byLabels;
  if (engine.pid === null)
    return context.skip('the engine of this machine was there before, and is not the test’s to restart');
  await killed('backup', 'all-stopped');
  await engine[Symbol.asyncDispose]();
  const away = await agent('recover', null);
  expect({ exitCode: away.exitCode, words: away.stdout }).toEqual({
    ...{ exitCode: 1, words: expect.stringContaining('engine-away') },
  });
  engine = await withEngine();
  expect(await states()).toMatchObject({ app: 'exited', db: 'exited', hooked: 'running' });
  await recovered();
  await expectWell();
});

test('a tool that a killed agent left running in a container is ended', { timeout: 180_000 }, async () => {
  const { agent, quiet, recovered } = byLabels;
  // One that writes ends by itself, when nobody reads any more.
  await quiet.add('dumped', ['berth.database=command', 'berth.database.run=sleep 98765']);
  // What waits for its word to begin has the tool's name in its arguments, too, and ends with the agent.
  const isRunning = async (): Promise<boolean> =>
    (await dockerOrThrow('top', quiet.called('dumped')))
      .split('\n')
      .some((line) => line.includes('sleep 98765') && !line.includes('berth-pid'));
  const run = agent('backup', null);
  await expect.poll(isRunning, { timeout: 60_000 }).toBe(true);
  run.kill('SIGKILL');
  await run;
  expect(await isRunning()).toBe(true);
  await recovered();
  expect(await isRunning()).toBe(false);
});
