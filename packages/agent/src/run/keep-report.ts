import type { Report } from '@berth/common/report.ts';
import { handOver } from './hand-over.ts';
import { putReport } from './outbox.ts';
import { writeReport } from './report-file.ts';
import type { RunState } from './run.ts';

/** For the server first, which is to miss nothing; then for this machine. Answers the file of the latter. Never rejects. */
export const keepReport = async ({ args, place, config }: RunState, report: Report): Promise<string | null> => {
  const { home, world } = args;
  place?.lease.rest();
  const unqueued = await putReport(home, report).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const file = await writeReport(home.reports, report, world.lastResort);
  if (unqueued !== null && file !== null) {
    world.lastResort(`berth: the report of this run can not be handed in (${unqueued})\n`);
  }
  if (place === null || config === null) return file;
  const withinMs = args.signal.aborted ? 10_000 : 60_000;
  const handed = await handOver({ home, config, coordinator: place.coordinator, now: world.now, withinMs });
  args.onEvent?.({ type: 'handed-in', ...handed });
  return file;
};
