import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@berth/common/problem.ts';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sourceOf } from '../accounts/testing.ts';
import { readConditions, readEvents } from '../events/files.ts';
import { Keeper } from '../events/keeper.ts';
import { parseSources } from '../sources/load.ts';
import type { ServerConfig } from '../sources/source.ts';
import { readJobs } from './jobs-file.ts';
import type { PlannedJob } from './planned.ts';
import { Schedule } from './schedule.ts';

const log = pino({ level: 'silent' });
let data = '';
let running: Schedule | null = null;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'berth-schedule-'));
});
afterEach(async () => {
  await running?.stop();
  running = null;
  await rm(data, { recursive: true });
});

const config = (...names: readonly string[]): ServerConfig => {
  const parsed = parseSources({ file: 'test', content: 'sources: {}\n' });
  if (parsed.kind !== 'ok') throw new Error('no sources are valid');
  return { ...parsed.config, sources: names.map((name, index) => sourceOf(name, 4001 + index)) };
};

/** What jobs are doing, and how they are to end. */
const world = () => ({
  trusted: true,
  seen: [] as string[],
  most: 0,
  now: 0,
  end: async (_job: string): Promise<unknown> => undefined,
});

/** A server's scheduler with jobs that touch nothing: they are noted, and end as the world says. */
const schedule = (state: ReturnType<typeof world>, names: readonly string[], jobs = ['review', 'purge', 'scrub']) => {
  const made = new Schedule({
    dataDir: data,
    place: { mode: 'rootless', node: '', program: '', dataDir: data, jail: { kind: 'none', reason: '' }, enter: null },
    clock: {
      look: async () => ({ trusted: state.trusted, word: { resolve: 'clock-jump' } }),
      stop: async () => undefined,
    },
    keeper: new Keeper(data, log),
    active: () => new Set(),
    log,
    cadence: { tickMs: 20, diskMs: 3_600_000, afterChangeMs: 0, retryMs: 50, everyMs: {}, spreadMs: {} },
    jobs: jobs.map(
      (name): PlannedJob => ({
        name,
        lane: name === 'review' ? 'quick' : 'heavy',
        needsClock: name === 'purge',
        afterChange: name === 'review',
        longestMs: 60_000,
        run: async ({ source }) => {
          state.seen.push(`${name} ${source.name}`);
          state.now += 1;
          state.most = Math.max(state.most, state.now);
          try {
            await state.end(`${name} ${source.name}`);
            return { answer: null, words: [] };
          } finally {
            state.now -= 1;
          }
        },
      }),
    ),
  });
  made.watch(config(...names));
  made.start();
  running = made;
  return made;
};
const until = async (what: string, holds: () => boolean): Promise<void> => {
  for (let waited = 0; !holds(); waited += 20) {
    if (waited > 10_000) throw new Error(`not within 10 s: ${what}`);
    await sleep(20);
  }
};

test('every job runs once on every source, two at a time at the most, and a restart does none of them again', async () => {
  const state = world();
  state.end = async () => sleep(10);
  const names = Array.from({ length: 10 }, (_, index) => `host-${index}`);
  const first = schedule(state, names);
  await until('all have run', () => state.seen.length >= 30 && state.now === 0);
  await first.stop();
  expect(state.most).toBe(2);
  expect(new Set(state.seen).size).toBe(30);
  schedule(state, names);
  await sleep(300);
  expect(state.seen).toHaveLength(30);
});

test('a job that crashes is one condition, is tried again, and resolves it when it works', async () => {
  const state = world();
  state.end = async () => {
    if (state.seen.length < 4) throw new Problem('job-failed', 'The disk does not answer.', 'Look at it.');
  };
  schedule(state, ['laptop'], ['scrub']);
  await until('it worked', () => readEvents(data).some(({ event }) => event === 'resolved'));
  expect(state.seen).toHaveLength(4);
  expect(readEvents(data).map(({ event, key }) => `${event} ${key}`)).toEqual([
    'raised job-failed:laptop:scrub',
    'resolved job-failed:laptop:scrub',
  ]);
  expect(readEvents(data)[0]?.text).toContain('The disk does not answer.');
});

test('an admin at work on a source is no failure', async () => {
  const state = world();
  state.end = async () => {
    if (state.seen.length < 3) throw new Problem('source-busy', 'The admin is working on it.', 'Wait.');
  };
  schedule(state, ['laptop'], ['purge']);
  await until('it came through', () => state.seen.length === 3);
  await sleep(100);
  expect(readEvents(data)).toEqual([]);
});

test('nothing is purged while the clock is not trusted', async () => {
  const state = world();
  state.trusted = false;
  schedule(state, ['laptop']);
  await until('the others ran', () => state.seen.length === 2);
  await sleep(200);
  expect([...state.seen].sort()).toEqual(['review laptop', 'scrub laptop']);
  state.trusted = true;
  await until('it purges', () => state.seen.includes('purge laptop'));
});

test('a source that is gone has no conditions and no jobs', async () => {
  const state = world();
  state.end = async () => {
    throw new Problem('job-failed', 'No.', 'No.');
  };
  const made = schedule(state, ['laptop', 'nas'], ['scrub']);
  await until('both failed', () => readConditions(data).length === 2);
  made.watch(config('nas'));
  await until('one is resolved', () => readConditions(data).length === 1);
  await made.stop();
  expect(readConditions(data).map(({ source }) => source)).toEqual(['nas']);
  expect(Object.keys(readJobs(data))).toEqual(['nas']);
});

test('a broken jobs.json is set aside, and every job is due anew', async () => {
  const state = world();
  await writeFile(join(data, 'jobs.json'), '{"version":1,"sources":{"lap');
  const made = schedule(state, ['laptop'], ['scrub']);
  await until('it ran', () => state.seen.length === 1);
  await made.stop();
  expect(await readFile(join(data, 'jobs.json.broken'), 'utf8')).toContain('lap');
  expect(readJobs(data)['laptop']?.['scrub']?.outcome).toBe('done');
});
