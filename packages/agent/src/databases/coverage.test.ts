import type { Report } from '@berth/common/report.ts';
import { expect, test } from 'vitest';
import { coverageOf } from './coverage.ts';
import { dumpTags, fileNameOf } from './name.ts';
import { storedDumps } from './stored.ts';

const now = new Date('2026-11-15T03:00:00Z');

const dumps = storedDumps(
  [
    { id: 'aaaaaaaa', time: '2026-11-13T03:00:00Z', engine: 'postgres', name: 'pg', database: 'shop' },
    { id: 'bbbbbbbb', time: '2026-11-14T03:00:00Z', engine: 'postgres', name: 'pg', database: 'shop' },
    { id: 'cccccccc', time: '2026-11-14T03:00:00Z', engine: 'postgres', name: 'pg', database: null },
    { id: 'dddddddd', time: '2026-01-01T03:00:00Z', engine: 'redis', name: 'redis', database: null },
  ].map(({ id, time, ...about }) => {
    const { engine, name, database } = { ...about, engine: about.engine === 'redis' ? 'redis' : 'postgres' } as const;
    const paths = [`/${fileNameOf({ engine, name, database, ending: 'dump' })}`];
    return { id: id.repeat(8), time, hostname: 'nas', paths, tags: dumpTags({ engine, name, database }) };
  }),
);

const report = (step: Pick<Report['steps'][number], 'outcome' | 'reason'> | null): Report => ({
  ...{ version: 1, run: crypto.randomUUID(), source: 'nas', outcome: 'ok', reason: null, message: null, remedy: null },
  versions: { berth: '0.1.0', restic: null, node: '24', system: 'linux' },
  ...{ startedAt: now.toISOString(), endedAt: now.toISOString(), attempts: 1, dryRun: false, snapshot: null },
  ...{ stepsLeftOut: 0, warnings: [] },
  steps:
    step === null
      ? []
      : [
          {
            name: 'dump',
            subject: 'pg',
            attempt: 1,
            startedAt: '',
            endedAt: '',
            numbers: {},
            words: [],
            warnings: [],
            ...step,
          },
        ],
  dumps: [
    {
      ...{ subject: 'pg', engine: 'postgres', database: 'shop', outcome: 'ok', reason: null, tookMs: 1 },
      ...{ snapshot: 'bbbbbbbb', bytes: 4711, verified: 'tool' },
    },
  ],
});

const entries = [
  { name: 'pg', engine: 'postgres' },
  { name: 'vault', engine: 'sqlite' },
] as const;

test('each database has its newest dump, with what its run said of it', () => {
  const [pg, vault, redis] = coverageOf({ entries, dumps, reports: [report({ outcome: 'ok', reason: null })], now });
  expect(pg).toMatchObject({ entry: 'pg', isInConfig: true, failure: null });
  expect(pg?.units).toMatchObject([
    { database: null, bytes: null, verified: null },
    { database: 'shop', snapshot: 'bbbbbbbb'.repeat(8), ageMs: 86_400_000, bytes: 4711, verified: 'tool' },
  ]);
  expect(vault).toMatchObject({ entry: 'vault', units: [], failure: null });
  expect(redis).toMatchObject({ entry: 'redis', isInConfig: false });
});

test('a failure of one entry is none of another', () => {
  const reports = [report({ outcome: 'failed', reason: 'dump-failed' })];
  expect(coverageOf({ entries, dumps, reports, now }).map(({ failure }) => failure)).toEqual([
    'dump-failed',
    null,
    null,
  ]);
});

test('a failure stays until a later run has dumped it', () => {
  const [good, bad, without] = [
    report({ outcome: 'ok', reason: null }),
    report({ outcome: 'failed', reason: 'dump-failed' }),
    report(null),
  ];
  const failure = (...reports: readonly Report[]) => coverageOf({ entries, dumps, reports, now })[0]?.failure;
  expect([failure(bad, good), failure(good, bad), failure(without, bad), failure()]).toEqual([
    'dump-failed',
    null,
    'dump-failed',
    null,
  ]);
});
