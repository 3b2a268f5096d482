import type { Bytes, Millis, SourceName } from '@berth/common/brand.ts';
import type { PublicKey } from '@berth/common/ssh-key.ts';
import { type Change, changeOf } from './change.ts';
import { diffPeople, type PeopleChanges } from './diff-people.ts';
import type { Ping } from './people.ts';
import type { Schedule } from './schedule.ts';
import type { Access, Ingest, Media, ServerConfig, Source } from './source.ts';

/** What became of when a source runs, and of what is asked of its runs. */
export interface ScheduleChanges {
  readonly everyMs: Change<Millis> | null;
  readonly window: Change<Schedule['window']> | null;
  readonly overdueAfterMs: Change<Millis> | null;
  readonly retention: Change<Schedule['policy']['retention']> | null;
  readonly prune: Change<Schedule['policy']['prune']> | null;
  readonly check: Change<Schedule['policy']['check']> | null;
}

/** What became of a source that is in both files: at least one of its parts differs. */
export interface SourceChange {
  readonly name: SourceName;
  readonly before: Source;
  readonly after: Source;
  readonly keysAdded: readonly PublicKey[];
  /** Sessions that run on these have to end. */
  readonly keysRemoved: readonly PublicKey[];
  /** The stored files belong to `from`: the change is refused until they are re-owned. */
  readonly uid: Change<number> | null;
  readonly quotaBytes: Change<Bytes | null> | null;
  readonly protectMs: Change<Millis> | null;
  readonly brake: Change<number> | null;
  /** Sessions of the other kind have to end. */
  readonly access: Change<Access> | null;
  readonly immutable: Change<boolean> | null;
  readonly ping: Change<Ping | null> | null;
  readonly ingest: Change<Ingest | null> | null;
  readonly media: Change<Media | null> | null;
  /** The plan follows at once; a run that has its lease ends as it began. Null where nothing of it changes. */
  readonly schedule: ScheduleChanges | null;
}

/** What takes effect when `next` replaces `previous`; empty lists and null where nothing does. */
export interface ConfigDiff {
  readonly added: readonly Source[];
  readonly removed: readonly Source[];
  readonly changed: readonly SourceChange[];
  /** sshd can't change its port while it runs: this one waits for the next start. */
  readonly port: Change<number | null> | null;
  readonly floorBytes: Change<Bytes | null> | null;
  readonly scrubMs: Change<Millis> | null;
  readonly scrubRate: Change<Bytes> | null;
  readonly concurrency: Change<number> | null;
  readonly timeZone: Change<string> | null;
  /** Null where nothing of it changes. */
  readonly people: PeopleChanges | null;
}

/**
 * Compares two configurations. Names count as written: `NAS` for `nas` is another account and another folder, so one is
 * removed and one is added. Comments of keys, their order and that of the sources mean nothing.
 */
export const diffConfigs = (previous: ServerConfig, next: ServerConfig): ConfigDiff => {
  const before = new Map(previous.sources.map((source) => [source.name, source]));
  const names = new Set(next.sources.map(({ name }) => name));
  return {
    added: next.sources.filter(({ name }) => !before.has(name)),
    removed: previous.sources.filter(({ name }) => !names.has(name)),
    changed: next.sources.flatMap((after) => {
      const source = before.get(after.name);
      return source === undefined ? [] : changesOf(source, after);
    }),
    port: changeOf(previous.settings.port, next.settings.port),
    floorBytes: changeOf(previous.settings.floorBytes, next.settings.floorBytes),
    scrubMs: changeOf(previous.settings.scrubMs, next.settings.scrubMs),
    scrubRate: changeOf(previous.settings.scrubRate, next.settings.scrubRate),
    concurrency: changeOf(previous.settings.concurrency, next.settings.concurrency),
    timeZone: changeOf(previous.settings.timeZone, next.settings.timeZone),
    people: diffPeople(previous.settings.people, next.settings.people),
  };
};

/** True when nothing takes effect. */
export const isEmptyDiff = ({ added, removed, changed, ...settings }: ConfigDiff): boolean =>
  added.length + removed.length + changed.length === 0 && Object.values(settings).every((change) => change === null);

const changesOf = (before: Source, after: Source): readonly SourceChange[] => {
  const change: SourceChange = {
    name: after.name,
    before,
    after,
    keysAdded: missingFrom(before.keys, after.keys),
    keysRemoved: missingFrom(after.keys, before.keys),
    uid: changeOf(before.uid, after.uid),
    quotaBytes: changeOf(before.quotaBytes, after.quotaBytes),
    protectMs: changeOf(before.protectMs, after.protectMs),
    brake: changeOf(before.brake, after.brake),
    access: changeOf(before.access, after.access),
    immutable: changeOf(before.immutable, after.immutable),
    ping: changeOf(before.ping, after.ping),
    ingest: changeOf(before.ingest, after.ingest),
    media: changeOf(before.media, after.media),
    schedule: scheduleChanges(before, after),
  };
  const { name: _name, before: _before, after: _after, keysAdded, keysRemoved, ...parts } = change;
  const changes = Object.values(parts).filter((part) => part !== null);
  return keysAdded.length + keysRemoved.length + changes.length === 0 ? [] : [change];
};

const scheduleChanges = (before: Schedule, after: Schedule): ScheduleChanges | null => {
  const changes: ScheduleChanges = {
    everyMs: changeOf(before.everyMs, after.everyMs),
    window: changeOf(before.window, after.window),
    overdueAfterMs: changeOf(before.overdueAfterMs, after.overdueAfterMs),
    retention: changeOf(before.policy.retention, after.policy.retention),
    prune: changeOf(before.policy.prune, after.policy.prune),
    check: changeOf(before.policy.check, after.policy.check),
  };
  return Object.values(changes).every((change) => change === null) ? null : changes;
};

const missingFrom = (some: readonly PublicKey[], others: readonly PublicKey[]): readonly PublicKey[] => {
  const known = new Set(some.map(({ fingerprint }) => fingerprint));
  return others.filter(({ fingerprint }) => !known.has(fingerprint));
};
