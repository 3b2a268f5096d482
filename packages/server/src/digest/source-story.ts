import { dumpsWords } from '../coordinator/reports/dumps.ts';
import type { Condition } from '../events/condition.ts';
import { phoneLine } from '../ingest/phone-words.ts';
import type { OverviewSource, TrendDay } from '../monitor/overview.ts';
import { ordinal } from '../status/fleet-table.ts';
import type { Stored } from '../status/stored.ts';
import type { Limits } from './limits.ts';
import type { SourceStory } from './model.ts';
import { standingOf } from './standing.ts';
import { titleOf } from './titles.ts';
import { type Clock, count, plain, size, span, unknown } from './words.ts';

/** A source as the digest tells it. `open` are its own conditions. */
export const sourceStory = (
  source: OverviewSource,
  open: readonly Condition[],
  clock: Clock,
  { letters }: Limits,
): SourceStory => {
  const name = plain(source.name, 80);
  const because = source.words ?? open.map(({ code }) => `${titleOf(code, [name])}.`)[0] ?? null;
  return {
    ...{ name, standing: standingOf(source, open), words: because === null ? null : plain(because, letters) },
    facts: [
      { label: 'Backup', value: backupWords(source, clock) },
      { label: 'Data', value: dataWords(source) },
      ...databaseFacts(source),
      ...phoneFacts(source, clock),
      ...(source.access === 'sftp' && source.stored === null
        ? []
        : [
            { label: 'Snapshots', value: snapshotWords(source, clock) },
            { label: 'Storage', value: storedWords(source, clock) },
          ]),
    ],
    ...{ trend: source.trend.slice(-14), trendWords: trendWords(source.trend.slice(-14)) },
  };
};

const databaseFacts = ({ lastRun }: OverviewSource): SourceStory['facts'] =>
  lastRun?.dumps == null ? [] : [{ label: 'Databases', value: plain(dumpsWords(lastRun.dumps), 400) }];

/** A phone's own line: what came of it, and when it was seen. */
const phoneFacts = ({ ingest, phone }: OverviewSource, clock: Clock): SourceStory['facts'] => {
  const line = ingest === null ? null : phoneLine(ingest, phone, clock.ago);
  return line === null ? [] : [{ label: 'Phone', value: line }];
};

const backupWords = (source: OverviewSource, clock: Clock): string => {
  const { lastSuccessMs } = source;
  const last = lastSuccessMs === null ? 'none yet' : `${clock.ago(lastSuccessMs)} (${clock.moment(lastSuccessMs)})`;
  return joined(', ', [last, tookWords(source), nextWords(source, clock)]);
};

/** What its runs since yesterday took; of one that had no good one, what the last good one did. */
const tookWords = ({ day, lastGood }: OverviewSource): string => {
  const hasGood = day.runs > day.failed;
  const tookMs = hasGood ? day.durationMs : (lastGood?.durationMs ?? null);
  const runs = hasGood && day.runs > 1 ? ` in ${day.runs} runs` : '';
  return joined(', ', [
    tookMs === null ? null : `took ${span(tookMs)}${runs}`,
    day.failed > 0 ? `${day.failed} failed${hasGood ? '' : ' since'}` : null,
  ]);
};

const nextWords = ({ now, nextSlotMs, access }: OverviewSource, clock: Clock): string => {
  if (now.kind === 'running') return `running now${now.percent === null ? '' : `, ${Math.floor(now.percent)}% done`}`;
  if (now.kind === 'waiting') return `waiting now, ${ordinal(now.position)} in the queue`;
  if (nextSlotMs === null) return access === 'sftp' ? 'comes by itself' : 'none planned';
  const slot = clock.slot(nextSlotMs);
  return slot === 'due now' ? slot : `next ${slot}`;
};

const dataWords = ({ day, access, lastGood }: OverviewSource): string => {
  const isToday = [day.bytesRead, day.bytesAdded, day.bytesStored].some((bytes) => bytes !== null);
  const { bytesRead, bytesAdded, bytesStored, bytesPruned } = isToday ? day : (lastGood ?? day);
  const said = joined(', ', [
    bytesRead === null ? null : `read ${size(bytesRead)}`,
    bytesAdded === null ? null : `added ${size(bytesAdded)}`,
    bytesStored === null ? null : `stored ${size(bytesStored)}`,
    bytesPruned === null || !isToday ? null : `prune gave back ${size(bytesPruned)}`,
  ]);
  if (said === '') return access === 'sftp' ? 'plain files, by SFTP' : unknown;
  return isToday ? said : `${said}, by the last good run`;
};

const snapshotWords = ({ stored, lastGood, day, ...source }: OverviewSource, clock: Clock): string => {
  const held = stored?.snapshots ?? lastGood?.snapshots ?? null;
  const ages =
    source.newestSnapshotMs === null || held === 0
      ? null
      : `newest ${clock.ago(source.newestSnapshotMs)}, oldest ${clock.ago(source.oldestSnapshotMs)}`;
  const removed = day.snapshotsRemoved ?? null;
  return (
    joined(', ', [
      held === null ? null : `${held === 0 ? 'none' : held} held`,
      ages,
      removed === null ? null : `retention removed ${removed}`,
    ]) || unknown
  );
};

const storedWords = ({ stored, quotaBytes }: OverviewSource, clock: Clock): string => {
  if (stored === null) return 'not looked at yet';
  const quota =
    quotaBytes === null || stored.quotaPercent === null ? 'no quota' : `${stored.quotaPercent}% of ${size(quotaBytes)}`;
  const trash = `trash ${size(stored.trash.bytes)}${stored.frozen === null ? `` : ', FROZEN'}`;
  return joined('; ', [`${size(stored.live.bytes)}, ${trash}, ${quota}`, scrubWords(stored, clock)]);
};

const scrubWords = ({ scrub, damaged }: Stored, clock: Clock): string => {
  const bad =
    damaged > 0 ? `${count(damaged, 'stored file')} DAMAGED` : (scrub?.bad ?? 0) > 0 ? `${scrub?.bad} bad` : null;
  if (scrub === null) return joined(', ', ['not scrubbed yet', bad]);
  const far =
    scrub.endedAt === null ? `scrubbed ${scrub.percent}%` : `scrubbed ${clock.ago(Date.parse(scrub.endedAt))}`;
  return joined(', ', [far, bad ?? 'nothing bad']);
};

const trendWords = (trend: readonly TrendDay[]): string => {
  const said = ([outcome, word]: readonly [TrendDay['outcome'], string]): string | null => {
    const days = trend.filter((day) => day.outcome === outcome).length;
    return days === 0 ? null : `${days} ${word}`;
  };
  const all = outcomes.map(said);
  return trend.length === 0 ? unknown : `Last ${count(trend.length, 'day')}: ${joined(', ', all)}`;
};

const outcomes = [
  ['good', 'good'],
  ['warned', 'with warnings'],
  ['failed', 'failed'],
  ['none', 'without a backup'],
] as const;

const joined = (by: string, parts: readonly (string | null)[]): string =>
  parts.filter((part) => part !== null && part !== '').join(by);
