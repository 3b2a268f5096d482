import type { Policy } from '@berth/common/control/policy.ts';
import type { SourceState } from '@berth/common/control/usage.ts';
import type { RunOutline } from '../coordinator/reports/outline.ts';
import type { FleetSource } from '../coordinator/state/fleet.ts';
import type { Condition } from '../events/condition.ts';
import type { PhoneFacts } from '../ingest/facts.ts';
import type { Access } from '../sources/source.ts';
import type { Stored } from '../status/stored.ts';
import type { MonitoredSource } from './settings.ts';

/**
 * Everything that people are shown, at one moment: the digest, the page and the metrics are made of this and of nothing else, so that they
 * never contradict each other. Times are UTC milliseconds by the server's clock. Names and words may be a source's own: whoever
 * shows them escapes them for its medium.
 */
export interface Overview {
  readonly atMs: number;
  readonly server: OverviewServer;
  /** In the order of sources.yaml. */
  readonly sources: readonly OverviewSource[];
  /** What is wrong now, the longest first. */
  readonly conditions: readonly Condition[];
  /** What the windows can not hold. */
  readonly tight: readonly { readonly text: string; readonly remedy: string }[];
  /** Null while it can not be read. */
  readonly disk: Disk | null;
  /** The server's own heavy work that is going on. */
  readonly jobs: readonly { readonly source: string; readonly job: string }[];
}

export interface OverviewServer {
  /** How mails and the page call it. */
  readonly name: string;
  readonly version: string;
  /** IANA name: what people are shown, they are shown by this wall clock. */
  readonly timeZone: string;
  readonly startedAtMs: number;
  readonly concurrency: number;
  /** Where machines knock: for the lines that restore. */
  readonly port: number;
  readonly hostKeyFingerprint: string;
  /** What holds the sessions, in words. */
  readonly jail: string;
  readonly coordinator: 'up' | 'down';
  /** Why what the coordinator knows can not be read; null when it can. */
  readonly coordinatorTrouble: string | null;
  /** Why the latest sources.yaml is not in force; null when it is. */
  readonly refused: { readonly atMs: number; readonly findings: readonly Finding[] } | null;
  /** Whether the server purges by its clock. */
  readonly clockTrusted: boolean;
  /** Where people look, for links in mails and messages; null where sources.yaml says none. */
  readonly pageUrl: string | null;
}

export interface Finding {
  readonly message: string;
  readonly remedy: string;
}

export interface OverviewSource {
  readonly name: string;
  readonly uid: number;
  readonly access: Access;
  readonly immutable: boolean;
  readonly everyMs: number;
  readonly overdueAfterMs: number;
  /** As `22:00-06:00`; null for any time. */
  readonly window: string | null;
  readonly protectMs: number;
  readonly quotaBytes: number | null;
  readonly policy: Policy;
  /** None for a phone, which never logs in. */
  readonly keyFingerprints: readonly string[];
  /** Where its files arrive, for a phone, which the server backs up itself; null for every machine. */
  readonly ingest: MonitoredSource['ingest'];
  readonly state: SourceState;
  /** Why; null when it is fine. */
  readonly words: string | null;
  readonly knownSinceMs: number;
  /** When a snapshot last arrived; null when none ever did. */
  readonly lastSuccessMs: number | null;
  readonly overdueAtMs: number;
  /** In the past when it is due now; null where nothing is planned. */
  readonly nextSlotMs: number | null;
  /** What begins within the next 24 hours, ascending, with how long it is expected to take. */
  readonly slots: readonly { readonly startsAtMs: number; readonly lengthMs: number }[];
  /** The last run that made a snapshot, and the last of any kind but dry runs and `busy` ones. */
  readonly lastGood: RunOutline | null;
  readonly lastRun: RunOutline | null;
  readonly now: FleetSource['now'];
  /** Null before the first review, and for SFTP sources. */
  readonly stored: Stored | null;
  /** When the oldest and the newest snapshot that it holds arrived; null without any, and where it is not known. */
  readonly oldestSnapshotMs: number | null;
  readonly newestSnapshotMs: number | null;
  /** What the server knows of a phone; null for every machine, and before the server has looked at it. */
  readonly phone: PhoneFacts | null;
  /** Sessions open now. */
  readonly sessions: number;
  /** What its runs of the last 24 hours did together. */
  readonly day: DaySums;
  /** The last 14 days by the server's wall clock, the oldest first, today last. */
  readonly trend: readonly TrendDay[];
}

/** Sums over runs. Bytes are null where no run said. */
export interface DaySums {
  readonly runs: number;
  readonly failed: number;
  readonly durationMs: number;
  readonly bytesRead: number | null;
  /** Before and after compression. */
  readonly bytesAdded: number | null;
  readonly bytesStored: number | null;
  readonly bytesPruned: number | null;
  /** What retention removed. */
  readonly snapshotsRemoved: number | null;
}

export interface TrendDay {
  /** `2026-11-14`, by the server's wall clock. */
  readonly day: string;
  /** The best that happened: `good` a success, `warned` one with warnings, `failed` only failures, `none` silence. */
  readonly outcome: 'good' | 'warned' | 'failed' | 'none';
  /** After compression; 0 where nothing was said. */
  readonly bytesStored: number;
  readonly durationMs: number;
  /** Live and in the trash when that day was last looked at; null where it was not. */
  readonly liveBytes: number | null;
  readonly trashBytes: number | null;
}

export interface Disk {
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** When it is full at the rate of the last days; null where it does not fill, or too little is known. */
  readonly fullAtMs: number | null;
  /** Up to 90 days, the oldest first. */
  readonly days: readonly { readonly day: string; readonly usedBytes: number }[];
}

/** One change of sources.yaml that came into force. */
export interface ConfigChange {
  readonly atMs: number;
  /** As `berth-server check` says them: `+ laptop: …`. */
  readonly lines: readonly string[];
}
