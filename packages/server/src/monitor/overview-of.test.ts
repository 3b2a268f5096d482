import { describe, expect, test } from 'vitest';
import { outline, row } from '../coordinator/testing.ts';
import type { KnownSource } from './known.ts';
import { nothingKnown } from './known.ts';
import { type OverviewInput, overviewOf } from './overview-of.ts';
import type { SizeDay } from './state.ts';
import { exampleCondition } from './testing.ts';
import { serverFacts, settings, settingsOfSource, sourceFacts, storedFacts } from './testing-gather.ts';
import { addRun, noRuns } from './trend.ts';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const known = (name: string, change: Partial<KnownSource> = {}): KnownSource => ({
  ...row(name, { knownSinceMs: nowMs - 10 * dayMs }),
  ...{ lastRun: null, lastGood: null, lengthsMs: [], sums: noRuns(), ...change },
});
const input = (change: Partial<OverviewInput> = {}): OverviewInput => ({
  ...{ nowMs, settings: settings(['laptop']), server: serverFacts(), facts: new Map(), phones: new Map() },
  ...{ known: nothingKnown(null), conditions: [], sizes: new Map(), disk: [], ...change },
});
const knowing = (...sources: readonly KnownSource[]): OverviewInput['known'] => ({
  ...nothingKnown(null),
  sources: new Map(sources.map((source) => [source.name, source])),
});
const laptop = (change: Partial<OverviewInput> = {}) => {
  const [source] = overviewOf(input(change)).sources;
  if (source === undefined) throw new Error('there is one');
  return source;
};
const size = (day: string, change: Partial<SizeDay> = {}): SizeDay => ({
  ...{ source: 'laptop', day, liveBytes: 10, trashBytes: 1, objects: 1, snapshots: 1, lastSuccessMs: null },
  ...change,
});

describe('how a source is', () => {
  test('without a coordinator it is as fresh as what is in its store', () => {
    const facts = new Map([['laptop', sourceFacts(storedFacts(nowMs - hourMs), { madeAtMs: nowMs - 9 * dayMs })]]);
    expect(laptop({ facts })).toMatchObject({
      ...{
        state: 'fine',
        lastSuccessMs: nowMs - hourMs,
        knownSinceMs: nowMs - 9 * dayMs,
        nextSlotMs: null,
        lastGood: null,
      },
      ...{ overdueAtMs: nowMs - hourMs + 2 * dayMs, now: { kind: 'idle' } },
    });
    const silent = new Map([['laptop', sourceFacts(null, { madeAtMs: nowMs - 9 * dayMs })]]);
    expect(laptop({ facts: silent })).toMatchObject({ state: 'overdue', lastSuccessMs: null });
  });

  test('a source of which nothing at all is known yet is known since the server began', () => {
    expect(laptop({ server: serverFacts({ startedAtMs: nowMs - hourMs }) })).toMatchObject({
      state: 'never',
      stored: null,
    });
  });

  test('with one, reports count, what the reviews found counts more, and sources.yaml says when it is overdue', () => {
    const lastGood = outline({ endedAtMs: nowMs - 3 * dayMs, receivedAtMs: nowMs - 3 * dayMs });
    const reported = knowing(known('laptop', { lastGood, lastRun: lastGood }));
    expect(laptop({ known: reported })).toMatchObject({ state: 'overdue', lastGood, lastRun: lastGood });
    const patient = settings([], { sources: [settingsOfSource('laptop', { overdueAfterMs: 7 * dayMs })] });
    expect(laptop({ known: reported, settings: patient }).state).toBe('fine');
    const facts = new Map([['laptop', sourceFacts(storedFacts(nowMs - hourMs))]]);
    expect(laptop({ known: reported, facts })).toMatchObject({ state: 'fine', lastSuccessMs: nowMs - hourMs });
  });

  test('who runs and who waits is said as long as the coordinator is up', () => {
    const lease = { run: 'r', reason: 'slot', grantedAtMs: 5, step: 'backup', bytesDone: 1, bytesTotal: 4 } as const;
    const waiter = { run: 'w', reason: 'slot', askedAtMs: 6, position: 2 } as const;
    const both = {
      ...knowing(known('laptop'), known('tower')),
      leases: new Map([['laptop', { source: 'laptop', ...lease }]]),
      waiting: new Map([['tower', { source: 'tower', ...waiter }]]),
    };
    const about = { known: both, settings: settings(['laptop', 'tower']) };
    expect(overviewOf(input(about)).sources.map(({ now }) => now)).toEqual([
      { kind: 'running', sinceMs: 5, step: 'backup', percent: 25 },
      { kind: 'waiting', sinceMs: 6, position: 2 },
    ]);
    const down = overviewOf(input({ ...about, server: serverFacts({ coordinator: 'down' }) }));
    expect(down.sources.map(({ now }) => now.kind)).toEqual(['idle', 'idle']);
    expect(down.server.coordinator).toBe('down');
  });

  test('nothing of its pings is shown', () => {
    const ping = { type: 'healthchecks', url: 'https://hc-ping.com/secret', allowPrivate: false } as const;
    const shown = laptop({ settings: settings([], { sources: [settingsOfSource('laptop', { ping })] }) });
    expect(JSON.stringify(shown)).not.toContain('secret');
  });
});

describe('the trend', () => {
  test('is of 14 days, today last, with what runs did and how large it was', () => {
    const sums = noRuns();
    const day = Math.floor(nowMs / dayMs);
    addRun(sums, outline({ bytesStored: 5, endedAtMs: nowMs - hourMs }), day, nowMs);
    addRun(sums, outline({ outcome: 'failed', snapshot: null, endedAtMs: nowMs - dayMs }), day - 1, nowMs);
    const { trend, day: sum } = laptop({
      known: knowing(known('laptop', { sums })),
      sizes: new Map([['laptop', [size('2026-11-20', { liveBytes: 7 })]]]),
    });
    expect([trend.length, trend[0]?.day, trend.at(-1)?.day]).toEqual([14, '2026-11-08', '2026-11-21']);
    expect(trend.slice(-2)).toEqual([
      { day: '2026-11-20', outcome: 'failed', bytesStored: 0, durationMs: 1000, liveBytes: 7, trashBytes: 1 },
      { day: '2026-11-21', outcome: 'good', bytesStored: 5, durationMs: 1000, liveBytes: null, trashBytes: null },
    ]);
    expect(sum).toMatchObject({ runs: 1, bytesStored: 5 });
  });

  test('a day on which a snapshot arrived without any report is no silence', () => {
    const sizes = [size('2026-11-18', { lastSuccessMs: Date.parse('2026-11-17T03:00:00Z') })];
    const facts = new Map([['laptop', sourceFacts(storedFacts(nowMs - hourMs))]]);
    const { trend } = laptop({ facts, sizes: new Map([['laptop', sizes]]) });
    expect(trend.filter(({ outcome }) => outcome === 'good').map(({ day }) => day)).toEqual([
      '2026-11-17',
      '2026-11-21',
    ]);
  });

  test('days are the wall clock’s: a change to winter time leaves none out and has none twice', () => {
    const atMs = Date.parse('2026-10-26T23:30:00Z');
    const { trend } = laptop({ nowMs: atMs, settings: settings(['laptop'], { timeZone: 'Europe/Berlin' }) });
    expect(trend.at(-1)?.day).toBe('2026-10-27');
    expect(new Set(trend.map(({ day }) => day)).size).toBe(14);
    expect(trend.slice(-4).map(({ day }) => day)).toEqual(['2026-10-24', '2026-10-25', '2026-10-26', '2026-10-27']);
  });
});

test('sources are in the order of sources.yaml, and those the coordinator alone still knows are not there', () => {
  const about = { settings: settings(['tower', 'laptop']), known: knowing(known('gone'), known('laptop')) };
  expect(overviewOf(input(about)).sources.map(({ name }) => name)).toEqual(['tower', 'laptop']);
});

test('what is wrong the longest stands first, and why the coordinator’s database can not be read is said', () => {
  const [late, early] = ['2026-11-20T00:00:00.000Z', '2026-11-19T00:00:00.000Z'];
  const conditions = [exampleCondition({ key: 'late', since: late }), exampleCondition({ key: 'early', since: early })];
  const overview = overviewOf(input({ conditions, known: nothingKnown('disk I/O error') }));
  expect(overview.conditions.map(({ key }) => key)).toEqual(['early', 'late']);
  expect(overview.server.coordinatorTrouble).toBe('disk I/O error');
});

test('the disk is shown with its days and when it is full', () => {
  const disk = ['2026-11-17', '2026-11-18', '2026-11-19', '2026-11-20', '2026-11-21'].map((day, index) =>
    size(day, { source: null, liveBytes: 100 + index * 10 }),
  );
  const server = serverFacts({ disk: { totalBytes: 200, freeBytes: 60 } });
  const shown = overviewOf(input({ server, disk })).disk;
  expect(shown).toMatchObject({ totalBytes: 200, freeBytes: 60, fullAtMs: nowMs + 6 * dayMs });
  expect(shown?.days.at(-1)).toEqual({ day: '2026-11-21', usedBytes: 140 });
  expect(overviewOf(input({ disk })).disk).toBeNull();
});
