import { conditionCodes, severities } from '../events/condition.ts';
import type { Overview } from '../monitor/overview.ts';
import { flag, type Measure, type Sample, seconds, secondsOrNone } from './measure.ts';

/** One number of the whole server; null where it is not known. */
const ofServer = (
  name: Measure['name'],
  help: string,
  value: (overview: Overview) => number | null | undefined,
): Measure => ({
  ...{ name, help, labels: [] },
  samples: (overview) => {
    const known = value(overview) ?? null;
    return known === null ? [] : [{ labels: {}, value: known }];
  },
});

/** Nobody knows who runs or waits while the coordinator is away; a 0 would say that nobody does. */
const atTheMoor = ({ server, sources }: Overview, kind: Overview['sources'][number]['now']['kind']): number | null =>
  server.coordinator === 'up' && server.coordinatorTrouble === null
    ? sources.filter(({ now }) => now.kind === kind).length
    : null;

/** Every severity of every code, also where there is none, so that a graph has no holes. */
const conditionCounts = ({ conditions }: Overview): readonly Sample[] => {
  const codes = new Set<string>([...conditionCodes, ...conditions.map(({ code }) => code)]);
  const open = Map.groupBy(conditions, ({ code, severity }) => `${severity} ${code}`);
  return [...codes].flatMap((code) =>
    severities.map((severity) => ({
      labels: { severity, code },
      value: open.get(`${severity} ${code}`)?.length ?? 0,
    })),
  );
};

/** What is told of the server as a whole. */
export const serverMeasures: readonly Measure[] = [
  {
    name: 'berth_info',
    help: 'Always 1: how the server is called, its version, and what holds its sessions.',
    labels: ['name', 'version', 'jail'],
    samples: ({ server: { name, version, jail } }) => [{ labels: { name, version, jail }, value: 1 }],
  },
  ofServer('berth_start_timestamp_seconds', 'When the server started.', ({ server }) => seconds(server.startedAtMs)),
  ofServer('berth_observed_timestamp_seconds', 'The moment of which all these numbers are.', ({ atMs }) =>
    seconds(atMs),
  ),
  ofServer('berth_coordinator_up', '1 while the coordinator, which hands out the slots, goes on.', ({ server }) =>
    flag(server.coordinator === 'up'),
  ),
  ofServer(
    'berth_coordinator_readable',
    '1 while what the coordinator knows of runs can be read; at 0 it is left out here.',
    ({ server }) => flag(server.coordinatorTrouble === null),
  ),
  ofServer(
    'berth_config_refused',
    '1 while the latest sources.yaml is refused and an older one is in force.',
    ({ server }) => flag(server.refused !== null),
  ),
  ofServer('berth_config_refused_timestamp_seconds', 'When sources.yaml was refused.', ({ server }) =>
    secondsOrNone(server.refused?.atMs ?? null),
  ),
  ofServer(
    'berth_clock_trusted',
    '1 while the server purges by its clock; 0 after the clock has jumped.',
    ({ server }) => flag(server.clockTrusted),
  ),
  ofServer(
    'berth_leases_limit',
    'How many may work at once: backups, and the heavy jobs of the server itself.',
    ({ server }) => server.concurrency,
  ),
  ofServer('berth_leases_held', 'How many sources back up now.', (overview) => atTheMoor(overview, 'running')),
  ofServer('berth_leases_waiting', 'How many sources wait for their turn.', (overview) =>
    atTheMoor(overview, 'waiting'),
  ),
  ofServer(
    'berth_jobs_running',
    'How many heavy jobs of the server itself go on: scrubs, purges, rewinds.',
    ({ jobs }) => jobs.length,
  ),
  ofServer(
    'berth_tight_windows',
    'How many backup windows can not hold the runs planned in them.',
    ({ tight }) => tight.length,
  ),
  ofServer('berth_disk_size_bytes', 'Size of the disk that holds the data.', ({ disk }) => disk?.totalBytes),
  ofServer('berth_disk_free_bytes', 'What of that disk is free for berth.', ({ disk }) => disk?.freeBytes),
  ofServer(
    'berth_disk_full_timestamp_seconds',
    'When that disk is full at the rate of the last days; none where it does not fill.',
    ({ disk }) => secondsOrNone(disk?.fullAtMs ?? null),
  ),
  {
    name: 'berth_conditions',
    help: 'How many conditions are open, by severity (notice, warning, critical) and code.',
    labels: ['severity', 'code'],
    samples: conditionCounts,
  },
];
