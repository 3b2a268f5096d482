import type { Report } from '@berth/common/report.ts';
import type { RunOutline } from '../coordinator/reports/outline.ts';
import { outline } from '../coordinator/testing.ts';
import type { ConditionEvent } from '../events/condition.ts';
import type { Overview, OverviewSource } from '../monitor/overview.ts';
import type { SizeDay } from '../monitor/state.ts';
import { exampleFleet, exampleNowMs, exampleOverview } from '../monitor/testing.ts';
import type { PageFacts, ShownSettings } from './page.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** Facts of an example fleet, and a way to change what is so while the page is open. */
export interface ExampleFacts extends PageFacts {
  readonly set: (overview: Overview | null) => void;
  /** Replaces one source and tells whoever listens. */
  readonly change: (name: string, change: Partial<OverviewSource>) => void;
}

/** The example fleet with the night that a server would plan for it: two at once, one after the other. */
export const exampleNight = (count = 30, atMs: number = exampleNowMs): Overview => {
  const freeMs = [atMs + 13.4 * 60 * minuteMs, atMs + 13.2 * 60 * minuteMs];
  const sources = exampleFleet(count, atMs).map((source) => {
    const length = source.slots[0]?.lengthMs;
    if (length === undefined) return source;
    const lane = (freeMs[0] ?? 0) <= (freeMs[1] ?? 0) ? 0 : 1;
    const startsAtMs = freeMs[lane] ?? atMs;
    freeMs[lane] = startsAtMs + length + 5 * minuteMs;
    return { ...source, nextSlotMs: startsAtMs, slots: [{ startsAtMs, lengthMs: length }] };
  });
  return exampleOverview({ atMs, sources });
};

/** What a page of the example fleet is made of; say what differs. */
export const exampleFacts = (first: Overview | null = exampleNight(), more: Partial<PageFacts> = {}): ExampleFacts => {
  let overview = first;
  const listeners = new Set<() => void>();
  const set = (next: Overview | null): void => {
    overview = next;
    for (const listener of listeners) listener();
  };
  const now = (): number => overview?.atMs ?? 0;
  const sourceOf = (name: string) => overview?.sources.find((source) => source.name === name);
  return {
    overview: () => overview,
    events: () => exampleEvents(overview),
    changes: () => [
      { atMs: now() - 300 * minuteMs, lines: ['+ scanner: new, access sftp', '~ laptop: every 1d -> 6h'] },
    ],
    settings: () => exampleSettings,
    history: {
      runs: (name, most) => exampleRuns(sourceOf(name), now()).slice(0, most),
      report: (name, run) => {
        const found = exampleRuns(sourceOf(name), now()).find((one) => one.run === run);
        return found === undefined ? null : exampleReport(found);
      },
      sizes: (name, days) => exampleSizes(sourceOf(name), now()).slice(-days),
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    metrics: () => Promise.resolve('# HELP berth_example An example.\n# TYPE berth_example gauge\nberth_example 1\n'),
    ...more,
    set,
    change: (name, change) => {
      if (overview === null) return;
      const sources = overview.sources.map((source) => (source.name === name ? { ...source, ...change } : source));
      set({ ...overview, sources });
    },
  };
};

/** What stands in the example fleet's sources.yaml. */
export const exampleSettings: ShownSettings = {
  ...{ serverName: 'example-nas', timeZone: 'Europe/Berlin', concurrency: 2, digest: { at: 360 } },
  alerts: { quiet: { from: 22 * 60, to: 7 * 60 }, remindMs: dayMs },
  broken: [
    { kind: 'channel', name: 'chat', text: 'Its token_file is not there.', remedy: 'Write the token into chat-token.' },
  ],
  channels: [
    { name: 'mail', type: 'email', alerts: 'warning', digest: true, to: 'admin@example.org' },
    { name: 'phone', type: 'ntfy', alerts: 'critical', digest: false, to: 'ntfy.example.org' },
  ],
  page: '127.0.0.1:8480',
  pings: [{ source: 'laptop', type: 'healthchecks', host: 'hc-ping.com' }],
};

const exampleEvents = (overview: Overview | null): readonly ConditionEvent[] => {
  if (overview === null) return [];
  const event = (source: string, agoMs: number, change: Partial<ConditionEvent>): ConditionEvent => ({
    ...{ version: 1, at: new Date(overview.atMs - agoMs).toISOString(), event: 'raised', key: `run-failing:${source}` },
    ...{ code: 'run-failing', source, severity: 'warning', openMs: 0, remedy: 'berth doctor' },
    text: 'The last run failed: restic said: Fatal: wrong password or no key found.',
    ...change,
  });
  const flapping = Array.from({ length: 6 }, (_, index) =>
    event('router', (20 - index) * 60 * minuteMs, {
      event: index % 2 === 0 ? 'raised' : 'resolved',
      openMs: 41 * minuteMs,
    }),
  );
  const open = overview.conditions
    .toReversed()
    .map(({ key, code, source, severity, text }, index) =>
      event(source ?? '', (12 - index) * 60 * minuteMs, { key, code, source, severity, text }),
    );
  return [...flapping, ...open];
};

const exampleRuns = (source: OverviewSource | undefined, nowMs: number): readonly RunOutline[] => {
  if (source === undefined || source.lastRun === null) return [];
  const { lastRun } = source;
  const earlier = Array.from({ length: 49 }, (_, index) => {
    const endedAtMs = nowMs - (index + 1.2) * dayMs;
    const durationMs = (6 + ((index * 7) % 23)) * minuteMs;
    const more = { outcome: 'failed', reason: 'network', snapshot: null, message: 'The connection was cut.' } as const;
    return outline({
      ...{ run: `00000000-0000-4000-8000-1000000000${String(index).padStart(2, '0')}`, endedAtMs, durationMs },
      ...{
        startedAtMs: endedAtMs - durationMs,
        bytesRead: lastRun.bytesRead,
        bytesAdded: ((index * 53) % 97) * 2 ** 20,
      },
      ...{ bytesStored: ((index * 53) % 97) * 2 ** 19, bytesPruned: index % 7 === 0 ? 2 ** 29 : null, snapshots: 26 },
      ...(index === 17 ? more : {}),
    });
  });
  return [lastRun, ...earlier];
};

const exampleReport = (run: RunOutline): Report => {
  const instant = (ms: number): string => new Date(ms).toISOString();
  const step = (change: Partial<Report['steps'][number]>): Report['steps'][number] => ({
    ...{
      name: 'backup',
      subject: null,
      attempt: 1,
      startedAt: instant(run.startedAtMs),
      endedAt: instant(run.endedAtMs),
      outcome: 'ok',
    },
    ...{ reason: null, numbers: {}, words: [], warnings: [], ...change },
  });
  const failed = run.outcome === 'failed';
  return {
    ...{ version: 1, run: run.run, source: null, outcome: run.outcome, reason: run.reason, attempts: run.attempts },
    versions: { berth: '0.1.0', restic: '0.18.1', node: '24.0.0', system: 'linux x64' },
    ...{ startedAt: instant(run.startedAtMs), endedAt: instant(run.endedAtMs), message: run.message },
    remedy: run.message === null ? null : 'Type on that machine: berth doctor',
    ...{ dryRun: false, snapshot: run.snapshot, dumps: [], stepsLeftOut: 0, warnings: [] },
    steps: [
      step({ name: 'lease', endedAt: instant(run.startedAtMs + 1000) }),
      step({
        outcome: failed ? 'failed' : run.warnings > 0 ? 'incomplete' : 'ok',
        reason: run.reason,
        words: failed ? ['Fatal: wrong password or no key found'] : [],
        warnings: Array.from(
          { length: run.warnings },
          (_, index) => `error: open /home/me/file-${index}: permission denied`,
        ),
      }),
    ],
  };
};

const exampleSizes = (source: OverviewSource | undefined, nowMs: number): readonly SizeDay[] => {
  if (source === undefined || source.stored === null) return [];
  const { live, trash, snapshots } = source.stored;
  return Array.from({ length: 90 }, (_, index) => {
    const ago = 89 - index;
    return {
      ...{ source: source.name, day: new Date(nowMs - ago * dayMs).toISOString().slice(0, 10), objects: live.objects },
      liveBytes: Math.round(live.bytes * (1 - ago / 260 + (ago % 30) / 900)),
      trashBytes: Math.round(trash.bytes * (1 + (ago % 30) / 12)),
      ...{ snapshots, lastSuccessMs: source.lastSuccessMs },
    };
  });
};
