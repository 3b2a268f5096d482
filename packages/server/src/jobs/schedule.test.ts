import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@berth/common/problem.ts';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sourceOf } from '../accounts/testing.ts';
import type { StoredFacts } from '../coordinator/link.ts';
import { readConditions, readEvents } from '../events/files.ts';
import { Keeper } from '../events/keeper.ts';
import { parseSources } from '../sources/load.ts';
import type { ServerConfig } from '../sources/source.ts';
import { amount } from './amount.ts';
import { readJobs } from './jobs-file.ts';
import type { PlannedJob } from './planned.ts';
import type { Review } from './review.ts';
import { Schedule, type ScheduleOptions } from './schedule.ts';

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
  review: null as unknown,
});

/** A server's scheduler with jobs that touch nothing: they are noted, and end as the world says. */
const schedule = (
  state: ReturnType<typeof world>,
  names: readonly string[],
  jobs = ['review', 'purge', 'scrub'],
  more: Partial<ScheduleOptions> = {},
) => {
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
            return { answer: name === 'review' ? state.review : null, words: [] };
          } finally {
            state.now -= 1;
          }
        },
      }),
    ),
    ...more,
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

const none = { bytes: 0, objects: 0 };
const review: Review = {
  findings: [],
  frozen: null,
  usage: { live: amount.parse({ bytes: 7, objects: 1 }), trash: amount.parse(none) },
  snapshots: 3,
  locks: { count: 0, oldestAgeMs: null },
  damaged: { count: 0, first: [] },
  lastChangeAt: null,
  lastSnapshotAt: '2026-11-14T02:00:00.000Z',
};

test('a job that takes long gives way to backups, and goes on once they leave room', async () => {
  const state = world();
  const working: string[] = [];
  const giveWay = Promise.withResolvers<void>();
  state.end = async () => {
    if (state.seen.length === 1) await giveWay.promise;
  };
  const made = schedule(state, ['laptop'], ['scrub'], {
    onWorking: (jobs) => working.push(jobs.map(({ source, job }) => `${job} ${source}`).join() || 'nothing'),
  });
  await until('it runs', () => state.seen.length === 1);
  made.setFreePlaces(0);
  giveWay.resolve();
  await until('it stopped', () => state.now === 0);
  await sleep(200);
  expect(state.seen).toHaveLength(1);
  made.setFreePlaces(1);
  await until('it goes on', () => state.seen.length === 2);
  await until('it is done', () => working.at(-1) === 'nothing');
  expect(working).toEqual(['scrub laptop', 'nothing', 'scrub laptop', 'nothing']);
  expect(readEvents(data)).toEqual([]);
});

test('what a review found is told after it, and again at the next start', async () => {
  const state = world();
  state.review = review;
  await mkdir(join(data, 'sources/laptop/journal'), { recursive: true });
  const told: unknown[] = [];
  const onStored = (source: string, facts: StoredFacts): unknown => told.push([source, facts]);
  const first = schedule(state, ['laptop'], ['review'], { onStored });
  const facts = { ...review.usage, snapshots: 3, lastSnapshotAt: review.lastSnapshotAt, unreadable: null };
  const expected = ['laptop', { at: expect.any(String), ...facts }];
  await until('it was told', () => told.length === 1);
  await first.stop();
  schedule(state, ['laptop'], ['review'], { onStored });
  expect(told).toEqual([expected, expected]);
});

test('a source whose disk is gone can not be read, and is itself again when it is back', async () => {
  const state = world();
  state.review = review;
  const told: (string | null)[] = [];
  const onStored = (_: string, { unreadable }: StoredFacts): unknown => told.push(unreadable);
  const made = schedule(state, ['laptop'], ['review'], { onStored });
  await until('it was told', () => told.length === 1);
  expect(told[0]).toMatch(/^Its folder can not be found: ENOENT/);
  await mkdir(join(data, 'sources/laptop/journal'), { recursive: true });
  await writeFile(join(data, 'sources/laptop/journal/2026-11.jsonl'), '');
  await until('it was told again', () => told.length === 2);
  expect(told[1]).toBeNull();
  await made.stop();
});
