import type { Delivery } from '@berth/common/control/delivery.ts';
import { Refused } from '../api/refusal.ts';
import { type Entry, learn } from '../entry.ts';
import type { Fleet } from '../fleet.ts';
import { outlineOf } from '../reports/outline.ts';

/** `POST /v1/runs/:run/report`: keeps it, once. When this resolves it is on the disk. */
export const keepReport = async (
  fleet: Fleet,
  entry: Entry,
  run: string,
  { sentAt, report }: Delivery,
): Promise<'new' | 'known'> => {
  if (report.run !== run) {
    throw new Refused(400, 'other-run', 'The report is about another run than its path names.', doubt);
  }
  if (report.source !== null && report.source !== entry.name) {
    throw new Refused(400, 'other-source', `The report is not about ${entry.name}, whose key brought it.`, doubt);
  }
  const outline = outlineOf(
    report,
    {
      sentAtMs: Date.parse(sentAt),
      receivedAtMs: fleet.nowMs(),
      grantedAtMs: entry.lease?.run === run ? entry.lease.grantedAtMs : null,
    },
    entry.lastRun?.dumps ?? null,
  );
  const kept = await fleet.state.addReport({ source: entry.name, outline, json: JSON.stringify(report) });
  if (kept === 'new') learn(entry, outline);
  // The state has ended both of them together with keeping the report.
  if (entry.lease?.run === run) fleet.setLease(entry, null);
  if (entry.waiter?.run === run) fleet.setWaiter(entry, null);
  fleet.look(entry);
  return kept;
};

const doubt = 'Look at name: in agent.yaml on that machine, and at which key it uses.';
