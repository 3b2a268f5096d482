import type { Heartbeat } from '@berth/common/control/lease.ts';
import { Refused } from '../api/refusal.ts';
import { type Entry, waiterOf } from '../entry.ts';
import { type Fleet, leaseMs } from '../fleet.ts';
import { afterBeat } from '../stuck.ts';
import { iso } from './assignment.ts';
import { judge } from './queue.ts';

/**
 * `PATCH /v1/runs/:run`: the run goes on. One whose lease has expired, or that began while the coordinator was not there, gets one
 * where a place is free that nobody waits for; otherwise 410: it has to stop and ask again.
 */
export const heartbeat = (
  fleet: Fleet,
  entry: Entry,
  run: string,
  { step, bytesDone, bytesTotal }: Heartbeat,
): { readonly expiresAt: string } => {
  const nowMs = fleet.nowMs();
  if (entry.over.includes(run)) throw lost('The report of this run was kept: it is over.');
  if (entry.lease !== null && entry.lease.run !== run) throw lost('Another run of this source has its place.');
  const lease = entry.lease ?? regained(fleet, entry, run, nowMs);
  const expiresAtMs = nowMs + leaseMs;
  const progress = { step, bytesDone: whole(bytesDone), bytesTotal: whole(bytesTotal) };
  fleet.setLease(entry, afterBeat(lease, { ...progress, expiresAtMs }, nowMs));
  return { expiresAt: iso(expiresAtMs) };
};

const regained = (fleet: Fleet, entry: Entry, run: string, nowMs: number) => {
  const row = { run, reason: 'slot', askedAtMs: nowMs, position: 1 } as const;
  const decision = judge(fleet, entry, waiterOf(entry, row, nowMs + leaseMs, nowMs), nowMs);
  if (decision.kind !== 'granted') throw lost('The lease of this run is over, and its place is taken.');
  if (entry.waiter !== null) fleet.setWaiter(entry, null);
  return { run, reason: row.reason, grantedAtMs: nowMs, movedAtMs: nowMs, expiresAtMs: nowMs };
};

const lost = (happened: string): Refused =>
  new Refused(410, 'lease-lost', happened, 'Stop this run, and ask for a lease again.');

const whole = (bytes: number | null): number | null =>
  bytes === null ? null : Math.min(Math.round(bytes), Number.MAX_SAFE_INTEGER);
