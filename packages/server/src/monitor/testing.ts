import { noPolicy } from '@berth/common/control/policy.ts';
import { type SourceState, sourceStates } from '@berth/common/control/usage.ts';
import { isBytes } from '@berth/common/size.ts';
import type { RunOutline } from '../coordinator/reports/outline.ts';
import { outline } from '../coordinator/testing.ts';
import type { Condition } from '../events/condition.ts';
import { phoneFacts } from '../ingest/testing.ts';
import type { Stored } from '../status/stored.ts';
import type { Overview, OverviewSource, TrendDay } from './overview.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const gib = 1024 ** 3;

/** The moment of the examples. */
export const exampleNowMs = Date.parse('2026-11-21T06:00:00Z');

const bytes = (count: number) => {
  const whole = Math.round(count);
  if (!isBytes(whole)) throw new Error(`${count} are no bytes`);
  return whole;
};

const sizes = (name: string): number => [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 97, 7);

/** Another for each name that anybody gives an example. */
const hashOf = (name: string): number =>
  [...name].reduce((sum, letter) => (sum * 131 + letter.charCodeAt(0)) % 4_294_967_291, 7);

/** How each state came about; `ageMs` is that of the last success. */
const stories: Readonly<
  Record<
    SourceState,
    { readonly ageMs: number | null; readonly words: string | null; readonly last: Partial<RunOutline> | null }
  >
> = {
  fine: { ageMs: 5 * hourMs, words: null, last: {} },
  warned: {
    ageMs: 6 * hourMs,
    words: 'The last run left out 3 files: it had warnings.',
    last: { outcome: 'incomplete', warnings: 3, message: '3 files could not be read; see the warnings.' },
  },
  never: { ageMs: null, words: 'No backup yet.', last: null },
  failing: {
    ageMs: 30 * hourMs,
    words: 'The last run failed: restic said: Fatal: wrong password or no key found.',
    last: {
      outcome: 'failed',
      snapshot: null,
      reason: 'wrong-password',
      message: 'restic said: Fatal: wrong password or no key found.',
    },
  },
  overdue: { ageMs: 5 * dayMs, words: 'No backup for 5d; it should be one every day.', last: {} },
  unreadable: { ageMs: 26 * hourMs, words: 'Its storage can not be read: EIO: i/o error, scandir', last: {} },
};

/** A source of the example fleet in one state, at `nowMs`; say what differs. */
export const exampleSource = (
  name: string,
  state: SourceState = 'fine',
  nowMs: number = exampleNowMs,
  change: Partial<OverviewSource> = {},
): OverviewSource => {
  const { ageMs, words, last } = stories[state];
  const size = sizes(name);
  const liveBytes = bytes((20 + size) * gib);
  const durationMs = (4 + (size % 40)) * 60_000;
  const run = (endedAtMs: number, more: Partial<RunOutline>): RunOutline =>
    outline({
      run: `00000000-0000-4000-8000-${hashOf(name).toString(16).padStart(12, '0')}`,
      ...{ receivedAtMs: endedAtMs, startedAtMs: endedAtMs - durationMs, endedAtMs, durationMs, heldMs: durationMs },
      ...{ bytesRead: liveBytes, bytesAdded: size * 12 * 1024 ** 2, bytesStored: size * 7 * 1024 ** 2 },
      ...{
        bytesPruned: size * 3 * 1024 ** 2,
        snapshots: 24 + (size % 9),
        snapshotsRemoved: 1,
        resticVersion: '0.18.1',
        ...more,
      },
    });
  const lastSuccessMs = ageMs === null ? null : nowMs - ageMs;
  const lastGood = lastSuccessMs === null ? null : run(lastSuccessMs, state === 'warned' ? (last ?? {}) : {});
  const failed = { ...last, run: `00000000-0000-4000-8001-${hashOf(name).toString(16).padStart(12, '0')}` };
  const lastRun = state === 'failing' ? run(nowMs - 3 * hourMs, failed) : lastGood;
  const isToday = lastSuccessMs !== null && nowMs - lastSuccessMs < dayMs;
  return {
    ...{
      name,
      uid: 4001 + (hashOf(name) % 60_000),
      access: 'restic',
      immutable: false,
      everyMs: dayMs,
      overdueAfterMs: 2 * dayMs,
    },
    ...{ window: null, protectMs: 30 * dayMs, quotaBytes: 200 * gib, policy: noPolicy },
    ...{ ingest: null, phone: null },
    keyFingerprints: ['SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ...{ state, words, knownSinceMs: nowMs - 200 * dayMs, lastSuccessMs },
    overdueAtMs: (lastSuccessMs ?? nowMs - dayMs) + 2 * dayMs,
    nextSlotMs: nowMs + (size % 20) * hourMs,
    slots: [{ startsAtMs: nowMs + (size % 20) * hourMs, lengthMs: durationMs }],
    ...{ lastGood, lastRun, now: { kind: 'idle' }, sessions: 0 },
    stored: state === 'never' ? null : exampleStored(nowMs, liveBytes, 24 + (size % 9)),
    oldestSnapshotMs: lastSuccessMs === null ? null : nowMs - 190 * dayMs,
    newestSnapshotMs: lastSuccessMs,
    day: {
      ...{ runs: (isToday ? 1 : 0) + (state === 'failing' ? 4 : 0), failed: state === 'failing' ? 4 : 0 },
      durationMs: durationMs * ((isToday ? 1 : 0) + (state === 'failing' ? 4 : 0)),
      ...{ bytesRead: isToday ? liveBytes : null, bytesAdded: isToday ? size * 12 * 1024 ** 2 : null },
      ...{ bytesStored: isToday ? size * 7 * 1024 ** 2 : null, bytesPruned: isToday ? size * 3 * 1024 ** 2 : null },
      snapshotsRemoved: isToday ? 1 : null,
    },
    trend: exampleTrend(nowMs, state, liveBytes),
    ...change,
  };
};

const exampleStored = (nowMs: number, liveBytes: ReturnType<typeof bytes>, snapshots: number): Stored => ({
  at: new Date(nowMs - hourMs).toISOString(),
  live: { bytes: liveBytes, objects: 4000 },
  trash: { bytes: bytes(liveBytes / 20), objects: 120 },
  snapshots,
  locks: { count: 0, oldestAgeMs: null },
  ...{ frozen: null, damaged: 0, quotaPercent: Math.floor((liveBytes * 1.05 * 100) / (200 * gib)) },
  scrub: {
    ...{ at: new Date(nowMs - 2 * hourMs).toISOString(), percent: 62, bad: 0, endedAt: null },
    startedAt: new Date(nowMs - 18 * dayMs).toISOString(),
  },
});

const exampleTrend = (nowMs: number, state: SourceState, liveBytes: number): readonly TrendDay[] =>
  Array.from({ length: 14 }, (_, index) => {
    const ago = 13 - index;
    const outcome = state === 'never' ? 'none' : ago > 4 ? 'good' : (trendOf[state][ago] ?? 'good');
    return {
      ...{ day: new Date(nowMs - ago * dayMs).toISOString().slice(0, 10), outcome },
      ...{
        bytesStored: outcome === 'good' || outcome === 'warned' ? (40 + ((ago * 37) % 60)) * 1024 ** 2 : 0,
        durationMs: 600_000,
      },
      ...{
        liveBytes: state === 'never' ? null : Math.round(liveBytes * (1 - ago / 200)),
        trashBytes: state === 'never' ? null : gib,
      },
    };
  });

/** The last days of a source in this state, today first. */
const trendOf: Readonly<Record<SourceState, readonly TrendDay['outcome'][]>> = {
  ...{ fine: [], never: [], warned: ['warned', 'warned'] },
  ...{ failing: ['failed', 'good'], overdue: ['none', 'none', 'none', 'none', 'none'], unreadable: ['none'] },
};

/** What makes of an example source a phone, with a mirror and a Syncthing. */
export const examplePhone = (
  name: string,
  nowMs: number = exampleNowMs,
): Pick<OverviewSource, 'ingest' | 'phone' | 'keyFingerprints'> => ({
  ingest: {
    folder: `/volume1/phones/${name}`,
    mirror: { folder: `/volume1/photos/${name}`, types: 'media' },
    syncthing: 'http://192.168.1.10:8384',
  },
  phone: phoneFacts(name, nowMs),
  keyFingerprints: [],
});

/** Names that say what they are: examples. */
const exampleNames = [
  'laptop',
  'desktop',
  'nas-mirror',
  'media-server',
  'workstation',
  'router',
  'mail-server',
  'scanner',
  'phone',
  'build-server',
];

/** An example fleet of `count` sources, in every state there is once `count` is 6 or more; most of them fine. */
export const exampleFleet = (count = 30, nowMs: number = exampleNowMs): readonly OverviewSource[] =>
  Array.from({ length: count }, (_, index) => {
    const number = Math.floor(index / exampleNames.length);
    const name = `${exampleNames[index % exampleNames.length]}${number === 0 ? '' : `-${number + 1}`}`;
    const state: SourceState = index < 6 ? (sourceStates[5 - index] ?? 'fine') : 'fine';
    if (index === 6) {
      const now = { kind: 'running', sinceMs: nowMs - 12 * 60_000, step: 'backup', percent: 41 } as const;
      return exampleSource(name, state, nowMs, { now, sessions: 1 });
    }
    if (index === 8)
      return exampleSource(name, state, nowMs, {
        ...examplePhone(name, nowMs),
        now: { kind: 'waiting', sinceMs: nowMs - 60_000, position: 1 },
      });
    if (index === 7)
      return exampleSource(name, state, nowMs, { access: 'sftp', nextSlotMs: null, slots: [], stored: null });
    return exampleSource(name, state, nowMs);
  });

/** A condition; say what differs. */
export const exampleCondition = (change: Partial<Condition> = {}): Condition => ({
  ...{ key: 'overdue:failing-one', code: 'overdue', source: 'mail-server', severity: 'critical' },
  text: 'No backup for 5d; it should be one every day.',
  remedy: 'See that the machine is on and reaches the server, then type there: berth doctor',
  ...{
    since: new Date(exampleNowMs - 3 * dayMs).toISOString(),
    changedAt: new Date(exampleNowMs - 3 * dayMs).toISOString(),
  },
  ...change,
});

/** The conditions that the states of these sources are, in the coordinator's words. */
export const exampleConditions = (
  sources: readonly OverviewSource[],
  nowMs: number = exampleNowMs,
): readonly Condition[] =>
  sources.flatMap(({ name, state, words }) => {
    const known = stateConditions[state];
    if (known === undefined) return [];
    const { code, severity, remedy, ageMs } = known;
    const since = new Date(nowMs - ageMs).toISOString();
    const about = { key: `${code}:${name}`, code, source: name, severity, since, changedAt: since };
    return [exampleCondition({ ...about, text: words ?? '', remedy: remedy.replace('SOURCE', name) })];
  });

const stateConditions: Partial<
  Record<SourceState, Pick<Condition, 'code' | 'severity' | 'remedy'> & { readonly ageMs: number }>
> = {
  overdue: {
    ...{ code: 'overdue', severity: 'critical', ageMs: 3 * dayMs },
    remedy: 'See that the machine is on and reaches the server, then type there: berth doctor',
  },
  failing: {
    ...{ code: 'run-failing', severity: 'warning', ageMs: 8 * hourMs },
    remedy: 'Type on that machine: berth status',
  },
  unreadable: {
    ...{ code: 'storage-unreadable', severity: 'critical', ageMs: 26 * hourMs },
    remedy: "Look at the source's folder below the data directory, and type: berth-server fsck SOURCE",
  },
};

/** An overview of an example fleet; say what differs. */
export const exampleOverview = (change: Partial<Overview> = {}): Overview => {
  const atMs = change.atMs ?? exampleNowMs;
  const sources = change.sources ?? exampleFleet(30, atMs);
  return {
    atMs,
    server: {
      ...{
        name: 'example-nas',
        version: '0.1.0',
        timeZone: 'Europe/Berlin',
        startedAtMs: atMs - 40 * dayMs,
        concurrency: 2,
      },
      ...{ port: 2222, hostKeyFingerprint: 'SHA256:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB', jail: 'Landlock' },
      ...{
        coordinator: 'up',
        coordinatorTrouble: null,
        refused: null,
        clockTrusted: true,
        pageUrl: 'https://berth.example.org',
      },
    },
    sources,
    conditions: exampleConditions(sources, atMs),
    tight: [],
    disk: {
      ...{ totalBytes: 4000 * gib, freeBytes: 1500 * gib, fullAtMs: atMs + 150 * dayMs },
      days: Array.from({ length: 30 }, (_, index) => ({
        day: new Date(atMs - (29 - index) * dayMs).toISOString().slice(0, 10),
        usedBytes: (2500 - (29 - index) * 10) * gib,
      })),
    },
    jobs: [{ source: 'nas-mirror', job: 'scrub' }],
    ...change,
  };
};
