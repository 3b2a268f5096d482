import { readConditions } from '../../events/files.ts';
import { readPhoneFacts } from '../../ingest/facts-file.ts';
import { readJobs } from '../../jobs/jobs-file.ts';
import type { ToMonitor } from '../../monitor/link.ts';
import type { MonitorSettings } from '../../monitor/settings.ts';
import type { ServerConfig } from '../../sources/source.ts';
import type { ServerState } from '../state.ts';
import { readChanges } from './changes.ts';
import { serverFactsOf, sourceFactsOf } from './facts.ts';
import { latestEvents, toldBackMs } from './history.ts';

/** All that a monitor is told, from the server's files: for one that is asked once, whether the server runs or not. */
export const everything = async (about: {
  readonly dataDir: string;
  readonly state: ServerState;
  readonly up: boolean;
  readonly config: ServerConfig;
  readonly settings: MonitorSettings;
  readonly nowMs: number;
}): Promise<readonly ToMonitor[]> => {
  const { dataDir, state, up, config, settings, nowMs } = about;
  const jobs = readJobs(dataDir);
  return [
    { type: 'settings', settings },
    { type: 'server', facts: await serverFactsOf({ dataDir, state, up, config, jobs: [] }) },
    ...config.sources.map((source): ToMonitor => {
      const facts = sourceFactsOf(dataDir, source, jobs[source.name] ?? {}, state.sftp[source.name] ?? null);
      return { type: 'source', source: source.name, facts };
    }),
    { type: 'phones', phones: [...readPhoneFacts(dataDir)] },
    { type: 'conditions', open: [...readConditions(dataDir)] },
    { type: 'events', events: [...latestEvents(dataDir, nowMs)] },
    {
      type: 'changes',
      changes: readChanges(dataDir, nowMs - toldBackMs).map(({ atMs, lines }) => ({ atMs, lines: [...lines] })),
    },
  ];
};
