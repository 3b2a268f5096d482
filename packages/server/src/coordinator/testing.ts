import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noPolicy } from '@berth/common/control/policy.ts';
import type { Report } from '@berth/common/report.ts';
import { pino } from 'pino';
import type { Clock } from './clock.ts';
import { Fleet } from './fleet.ts';
import type { FromCoordinator, LinkedSource, ToCoordinator } from './link.ts';
import type { RunOutline } from './reports/outline.ts';
import { openState } from './state/sqlite.ts';
import type { SourceRow, State } from './state/state.ts';

const dayMs = 86_400_000;

/** A run that went well; say what differs. */
export const outline = (change: Partial<RunOutline> = {}): RunOutline => ({
  ...{
    run: randomUUID(),
    receivedAtMs: 1000,
    startedAtMs: 0,
    endedAtMs: 1000,
    durationMs: 1000,
    heldMs: null,
    skewMs: 0,
  },
  ...{ outcome: 'ok', reason: null, message: null, dryRun: false, snapshot: 'ab12cd34', attempts: 1, warnings: 0 },
  ...{
    bytesRead: null,
    bytesAdded: null,
    bytesStored: null,
    bytesPruned: null,
    snapshots: null,
    snapshotsRemoved: null,
  },
  ...{ dumps: null, berthVersion: '0.1.0', resticVersion: null, ...change },
});

/** A source as it is kept. */
export const row = (name: string, change: Partial<SourceRow> = {}): SourceRow => ({
  ...{ name, knownSinceMs: Date.parse('2026-11-21T11:00:00Z'), present: true, hasAgent: true },
  ...{ everyMs: dayMs, overdueAfterMs: 2 * dayMs, place: null, slots: [], stored: null, ...change },
});

/** A source as the supervisor tells it: daily, at any hour. */
export const source = (name: string, change: Partial<LinkedSource> = {}): LinkedSource => ({
  ...{ name, uid: 1000, everyMs: dayMs, window: null, overdueAfterMs: 2 * dayMs, quotaBytes: null },
  ...{ policy: noPolicy, hasAgent: true, isPhone: false, ...change },
});

/** A report of a run that went well, as of `nowMs`. */
export const report = (nowMs: number, change: Partial<Report> = {}): Report => ({
  ...{ version: 1, run: randomUUID(), source: null },
  versions: { berth: '0.1.0', restic: '0.18.0', node: '24.0.0', system: 'linux x64' },
  ...{ startedAt: new Date(nowMs - 60_000).toISOString(), endedAt: new Date(nowMs).toISOString() },
  ...{ outcome: 'ok', reason: null, message: null, remedy: null, attempts: 1, dryRun: false, snapshot: 'ab12cd34' },
  ...{ steps: [], dumps: [], stepsLeftOut: 0, warnings: [], ...change },
});

/** A clock that goes only when it is told to. Its steady time has fractions, as `performance.now()` has. */
export const handClock = (
  startMs: number,
): Clock & { readonly go: (ms: number) => void; readonly set: (ms: number) => void } => {
  let [wallMs, steadyMs] = [startMs, 0];
  return {
    wallMs: () => wallMs,
    steadyMs: () => steadyMs,
    go: (ms) => {
      wallMs += ms;
      steadyMs += ms;
    },
    set: (ms) => {
      wallMs = ms;
      // Time goes on while somebody sets a clock.
      steadyMs += 0.37;
    },
  };
};

/** When the tests' clock begins: a noon in winter. */
export const noonMs = Date.parse('2026-11-21T12:00:00Z');

/** A fleet on a real database in a folder of its own. */
export const startFleet = async (
  sources: readonly LinkedSource[],
  options: {
    readonly concurrency?: number;
    readonly folder?: string;
    readonly state?: State;
    readonly clock?: Clock;
  } = {},
) => {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'berth-fleet-'));
  const clock = handClock(noonMs);
  const state = options.state ?? openState(join(folder, 'state.db'), { now: () => new Date(noonMs) }).state;
  const said: FromCoordinator[] = [];
  const fleet = new Fleet({
    state,
    clock: options.clock ?? clock,
    log: pino({ level: 'silent' }),
    tell: (message) => said.push(message),
  });
  await fleet.load();
  const config = (list: readonly LinkedSource[]): Extract<ToCoordinator, { type: 'config' }> => ({
    ...{ type: 'config', concurrency: options.concurrency ?? 2, timeZone: 'UTC', sources: [...list] },
  });
  await fleet.apply(config(sources));
  const entry = (name: string) => {
    const found = fleet.entries.get(name);
    if (found === undefined) throw new Error(`${name} is not there`);
    return found;
  };
  return {
    ...{ fleet, state, clock, said, folder, entry },
    apply: (list: readonly LinkedSource[]) => fleet.apply(config(list)),
    [Symbol.asyncDispose]: async () => {
      await state.close().catch(() => undefined);
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
};
