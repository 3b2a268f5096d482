import { sourceStates } from '@berth/common/control/usage.ts';
import { isGood } from '../coordinator/reports/outline.ts';
import { standingOf } from '../digest/standing.ts';
import type { Overview, OverviewSource } from '../monitor/overview.ts';
import { flag, type Measure, seconds, secondsOrNone } from './measure.ts';

/** One number of each source; sources of which it is not known have none. */
const ofSource = (
  name: Measure['name'],
  help: string,
  value: (source: OverviewSource, overview: Overview) => number | null | undefined,
): Measure => ({
  ...{ name, help, labels: ['source'] },
  samples: (overview) =>
    overview.sources.flatMap((source) => {
      const known = value(source, overview) ?? null;
      return known === null ? [] : [{ labels: { source: source.name }, value: known }];
    }),
});

/** What is live and what is in the trash; their sum is what a source takes. */
const byPlace = (name: Measure['name'], help: string, unit: 'bytes' | 'objects'): Measure => ({
  ...{ name, help, labels: ['source', 'place'] },
  samples: ({ sources }) =>
    sources.flatMap(({ name: source, stored }) =>
      stored === null
        ? []
        : (['live', 'trash'] as const).map((place) => ({ labels: { source, place }, value: stored[place][unit] })),
    ),
});

/** How it is, and when it has to be what. */
const freshness: readonly Measure[] = [
  {
    name: 'berth_source_info',
    help: 'Always 1: how the source reaches the server (restic, sftp), and whether all it stores is immutable.',
    labels: ['source', 'access', 'immutable'],
    samples: ({ sources }) =>
      sources.map(({ name: source, access, immutable }) => ({
        labels: { source, access, immutable: String(immutable) },
        value: 1,
      })),
  },
  {
    name: 'berth_source_state',
    help: '1 for the state that the source is in, 0 for the others: unreadable, overdue, failing, never, warned, fine.',
    labels: ['source', 'state'],
    samples: ({ sources }) =>
      sources.flatMap(({ name: source, state: own }) =>
        sourceStates.map((state) => ({ labels: { source, state }, value: flag(state === own) })),
      ),
  },
  {
    name: 'berth_source_standing',
    help: 'Always 1: how the source stands in digest and page: its state, or danger or warned by its open conditions.',
    labels: ['source', 'standing'],
    samples: ({ sources, conditions }) => {
      const open = Map.groupBy(conditions, ({ source }) => source);
      return sources.map((source) => ({
        labels: { source: source.name, standing: standingOf(source, open.get(source.name) ?? []) },
        value: 1,
      }));
    },
  },
  ofSource('berth_overdue', '1 while the source is in the state overdue.', ({ state }) => flag(state === 'overdue')),
  ofSource('berth_overdue_timestamp_seconds', 'When it is overdue unless a backup comes first.', ({ overdueAtMs }) =>
    seconds(overdueAtMs),
  ),
  ofSource(
    'berth_last_success_timestamp_seconds',
    'When its last backup succeeded; none for a source that has no backup.',
    ({ lastSuccessMs }) => secondsOrNone(lastSuccessMs),
  ),
  ofSource('berth_known_since_timestamp_seconds', 'When it came into sources.yaml.', ({ knownSinceMs }) =>
    seconds(knownSinceMs),
  ),
  ofSource('berth_interval_seconds', 'How often it should be backed up.', ({ everyMs }) => seconds(everyMs)),
  ofSource('berth_overdue_after_seconds', 'How long after a success it is overdue.', ({ overdueAfterMs }) =>
    seconds(overdueAfterMs),
  ),
  ofSource(
    'berth_next_slot_timestamp_seconds',
    'When it should run next; none where nothing is planned.',
    ({ nextSlotMs }) => secondsOrNone(nextSlotMs),
  ),
  {
    name: 'berth_source_conditions',
    help: 'How many conditions of the source are open, by severity and code; only those that are.',
    labels: ['source', 'severity', 'code'],
    samples: ({ conditions }) =>
      [...Map.groupBy(conditions, ({ source, severity, code }) => JSON.stringify([source, severity, code])).values()]
        .map((same) => ({ first: same[0], value: same.length }))
        .flatMap(({ first, value }) =>
          first === undefined || first.source === null
            ? []
            : [{ labels: { source: first.source, severity: first.severity, code: first.code }, value }],
        ),
  },
];

/** What its runs did, as they reported it. */
const runs: readonly Measure[] = [
  ofSource(
    'berth_running',
    '1 while it backs up; none while the coordinator is away.',
    ({ now }, { server: { coordinator, coordinatorTrouble } }) =>
      coordinator === 'up' && coordinatorTrouble === null ? flag(now.kind === 'running') : null,
  ),
  ofSource('berth_sessions', 'How many sessions it has open.', ({ sessions }) => sessions),
  ofSource('berth_last_run_timestamp_seconds', 'When its last run ended, whatever became of it.', ({ lastRun }) =>
    secondsOrNone(lastRun?.endedAtMs ?? null),
  ),
  ofSource('berth_last_run_good', '1 if its last run made a snapshot and did not fail.', ({ lastRun }) =>
    lastRun === null ? null : flag(isGood(lastRun)),
  ),
  ofSource('berth_last_run_duration_seconds', 'How long its last run took.', ({ lastRun }) =>
    secondsOrNone(lastRun?.durationMs ?? null),
  ),
  ofSource('berth_last_run_warnings', 'How many warnings its last run had.', ({ lastRun }) => lastRun?.warnings),
  ofSource(
    'berth_databases',
    'How many databases its last run that came to them tried to copy.',
    ({ lastRun }) => lastRun?.dumps?.databases,
  ),
  ofSource(
    'berth_databases_failing',
    'How many of its databases were not copied when they were tried last.',
    ({ lastRun }) => lastRun?.dumps?.failingCount,
  ),
  ofSource(
    'berth_databases_unverified',
    'How many dumps of that run nobody found whole.',
    ({ lastRun }) => lastRun?.dumps?.unverified,
  ),
  ofSource('berth_databases_timestamp_seconds', 'When its last run that came to databases ended.', ({ lastRun }) =>
    secondsOrNone(lastRun?.dumps?.atMs ?? null),
  ),
  ofSource('berth_last_good_run_duration_seconds', 'How long its last good run took.', ({ lastGood }) =>
    secondsOrNone(lastGood?.durationMs ?? null),
  ),
  ofSource(
    'berth_last_good_run_read_bytes',
    'What its last good run read of the machine.',
    ({ lastGood }) => lastGood?.bytesRead,
  ),
  ofSource(
    'berth_last_good_run_added_bytes',
    'What was new in its last good run, before compression.',
    ({ lastGood }) => lastGood?.bytesAdded,
  ),
  ofSource(
    'berth_last_good_run_stored_bytes',
    'What its last good run stored, after compression.',
    ({ lastGood }) => lastGood?.bytesStored,
  ),
  ofSource(
    'berth_last_good_run_pruned_bytes',
    'What its last good run gave back by pruning.',
    ({ lastGood }) => lastGood?.bytesPruned,
  ),
];

/** What the server finds in its store: as of the last review. */
const stored: readonly Measure[] = [
  byPlace('berth_stored_bytes', 'What it has stored, live and in the trash.', 'bytes'),
  byPlace('berth_objects', 'How many objects it has stored, live and in the trash.', 'objects'),
  ofSource(
    'berth_quota_bytes',
    'How much it may store, the trash included; none without a quota.',
    ({ quotaBytes }) => quotaBytes,
  ),
  ofSource(
    'berth_snapshots',
    'How many snapshots it has.',
    ({ stored, lastGood }) => stored?.snapshots ?? lastGood?.snapshots,
  ),
  ofSource('berth_oldest_snapshot_timestamp_seconds', 'When the oldest of them arrived.', ({ oldestSnapshotMs }) =>
    secondsOrNone(oldestSnapshotMs),
  ),
  ofSource('berth_newest_snapshot_timestamp_seconds', 'When the newest of them arrived.', ({ newestSnapshotMs }) =>
    secondsOrNone(newestSnapshotMs),
  ),
  ofSource('berth_locks', "How many of restic's locks stand in its repository.", ({ stored }) => stored?.locks.count),
  ofSource('berth_trash_frozen', '1 while nothing of its trash is purged, after a mass deletion.', ({ stored }) =>
    stored === null ? null : flag(stored.frozen !== null),
  ),
  ofSource(
    'berth_damaged_objects',
    'How many of its stored files (objects) are damaged or lost and have not come back.',
    ({ stored }) => stored?.damaged,
  ),
  ofSource(
    'berth_scrub_progress_ratio',
    'How much of its store this time through of the scrub has read, 0 to 1; 1 between two.',
    ({ stored }) => (stored?.scrub ? stored.scrub.percent / 100 : null),
  ),
  ofSource(
    'berth_scrub_bad_files',
    'How many bad files this time through of the scrub has found.',
    ({ stored }) => stored?.scrub?.bad,
  ),
  ofSource('berth_scrub_timestamp_seconds', 'When the scrub last read anything of it.', ({ stored }) =>
    stored?.scrub ? seconds(Date.parse(stored.scrub.at)) : null,
  ),
  ofSource('berth_review_timestamp_seconds', 'When its store was last looked at.', ({ stored }) =>
    stored === null ? null : seconds(Date.parse(stored.at)),
  ),
];

/** What is told of each source. */
export const sourceMeasures: readonly Measure[] = [...freshness, ...runs, ...stored];
