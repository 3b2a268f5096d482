import { localTime } from '../coordinator/plan/local-time.ts';
import type { Condition } from '../events/condition.ts';
import type { PhoneFacts } from '../ingest/facts.ts';
import { dayOfName } from './days.ts';
import { fullAt } from './forecast.ts';
import type { Known } from './known.ts';
import type { ServerFacts, SourceFacts } from './link.ts';
import type { Disk, Overview } from './overview.ts';
import { overviewSource, shownDays } from './overview-source.ts';
import type { MonitorSettings } from './settings.ts';
import type { SizeDay } from './state.ts';

/** What an overview is made of. */
export interface OverviewInput {
  readonly nowMs: number;
  readonly settings: MonitorSettings;
  readonly server: ServerFacts;
  /** What the server's own jobs know of each source, by name. */
  readonly facts: ReadonlyMap<string, SourceFacts>;
  /** What it knows of each phone, by name. */
  readonly phones: ReadonlyMap<string, PhoneFacts>;
  readonly known: Known;
  readonly conditions: readonly Condition[];
  /** The last days of each source, by name, the oldest first. */
  readonly sizes: ReadonlyMap<string, readonly SizeDay[]>;
  /** Up to 90 days, the oldest first. */
  readonly disk: readonly SizeDay[];
}

/**
 * Everything people are shown, at `nowMs`. Where the coordinator can not be asked, sources are as fresh as what is in their stores; where
 * it is down, nobody runs or waits.
 */
export const overviewOf = ({
  nowMs,
  settings,
  server,
  facts,
  phones,
  known,
  conditions,
  sizes,
  disk,
}: OverviewInput): Overview => {
  const time = localTime(settings.timeZone);
  const { version, startedAtMs, port, hostKeyFingerprint, jail, coordinator, refused, clockTrusted } = server;
  const { timeZone, concurrency, pageUrl } = settings;
  const days = shownDays(time, nowMs);
  return {
    atMs: nowMs,
    server: {
      ...{ name: settings.serverName, version, timeZone, startedAtMs, concurrency, port, hostKeyFingerprint, jail },
      ...{ coordinator, coordinatorTrouble: known.trouble, refused, clockTrusted, pageUrl },
    },
    sources: settings.sources.map((source) => {
      const { name } = source;
      return overviewSource({
        ...{ settings: source, server, known, time, days, nowMs },
        ...{ facts: facts.get(name) ?? null, phone: phones.get(name) ?? null, sizes: sizes.get(name) ?? [] },
      });
    }),
    conditions: [...conditions].sort((one, other) => (one.since < other.since ? -1 : one.since > other.since ? 1 : 0)),
    tight: known.tight,
    disk: server.disk === null ? null : diskOf(server.disk, disk, nowMs),
    jobs: server.jobs,
  };
};

const diskOf = (disk: NonNullable<ServerFacts['disk']>, days: readonly SizeDay[], nowMs: number): Disk => ({
  ...disk,
  fullAtMs: fullAt(
    days.map(({ day, liveBytes }) => ({ day: dayOfName(day), usedBytes: liveBytes })),
    disk.freeBytes,
    nowMs,
  ),
  days: days.map(({ day, liveBytes }) => ({ day, usedBytes: liveBytes })),
});
