import { noPolicy } from '@berth/common/control/policy.ts';
import type { StoredFacts } from '../coordinator/link.ts';
import type { ServerFacts, SourceFacts } from './link.ts';
import type { MonitorSettings } from './settings.ts';

const dayMs = 86_400_000;

/** Settings of a server with these sources, without channels; say what differs. */
export const settings = (names: readonly string[], change: Partial<MonitorSettings> = {}): MonitorSettings => ({
  ...{ serverName: 'nas', timeZone: 'UTC', concurrency: 2, pageUrl: null, digest: { at: 360 } },
  ...{ alerts: { quiet: null, remindMs: dayMs }, channels: [], broken: [], page: null, ping: null },
  sources: names.map((name, index) => settingsOfSource(name, { uid: 1000 + index })),
  ...change,
});

/** A daily source, at any hour; say what differs. */
export const settingsOfSource = (
  name: string,
  change: Partial<MonitorSettings['sources'][number]> = {},
): MonitorSettings['sources'][number] => ({
  ...{ name, uid: 1000, access: 'restic', immutable: false, everyMs: dayMs, overdueAfterMs: 2 * dayMs },
  ...{ window: null, protectMs: 30 * dayMs, quotaBytes: null, policy: noPolicy, keyFingerprints: [], ping: null },
  ingest: null,
  ...change,
});

/** A server in order, whose coordinator is up; say what differs. */
export const serverFacts = (change: Partial<ServerFacts> = {}): ServerFacts => ({
  ...{
    version: '0.1.0',
    startedAtMs: Date.parse('2026-11-21T11:00:00Z'),
    port: 2222,
    hostKeyFingerprint: 'SHA256:x',
    jail: 'Landlock',
  },
  ...{ coordinator: 'up', refused: null, clockTrusted: true, disk: null, jobs: [], sessions: {} },
  ...change,
});

/** What a review found at `atMs`, with a snapshot that arrived then; say what differs. */
export const storedFacts = (atMs: number, change: Partial<StoredFacts> = {}): StoredFacts => ({
  ...{ at: new Date(atMs).toISOString(), live: { bytes: 100, objects: 10 }, trash: { bytes: 5, objects: 1 } },
  ...{ snapshots: 3, lastSnapshotAt: new Date(atMs).toISOString(), unreadable: null },
  ...change,
});

/** What the server's jobs know of a source after that review. */
export const sourceFacts = (facts: StoredFacts | null, change: Partial<SourceFacts> = {}): SourceFacts => ({
  ...{ facts, stored: null, oldestSnapshotMs: null, newestSnapshotMs: null, madeAtMs: null, ...change },
});
