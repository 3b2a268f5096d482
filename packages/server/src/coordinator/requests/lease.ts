import type { LeaseAnswer, LeaseRequest } from '@berth/common/control/lease.ts';
import { Refused } from '../api/refusal.ts';
import { type Entry, nextRunOf, waiterOf } from '../entry.ts';
import { type Fleet, leaseMs } from '../fleet.ts';
import { iso } from './assignment.ts';
import { isPerson, judge, waitingWords } from './queue.ts';

/** How often an agent says that its run goes on. */
export const heartbeatMs = 30_000;
/** So much before its slot an agent may begin: clocks differ. */
const earlyMs = 60_000;
/** How much longer than it was told an agent may take to ask again. */
const graceMs = 60_000;

/**
 * `POST /v1/runs`: whether this run may begin now. A granted lease is on the disk before it is answered, so that a kill
 * never lets more run than may; where the disk is full it is granted all the same, because a backup matters more.
 */
export const askLease = async (fleet: Fleet, entry: Entry, request: LeaseRequest): Promise<LeaseAnswer> => {
  const nowMs = fleet.nowMs();
  const { run, reason } = request;
  if (entry.over.includes(run)) {
    throw new Refused(409, 'run-over', 'The report of this run was kept: it is over.', 'Begin another run.');
  }
  // An agent has one run at a time: one that asks for another has lost the first, and goes on with its place.
  if (entry.lease !== null) return grant(fleet, entry, request, nowMs);
  const notDue = reason === 'slot' ? whenDue(entry, nowMs) : null;
  if (notDue !== null) {
    if (entry.waiter !== null) fleet.setWaiter(entry, null);
    return notDue;
  }
  const askedAtMs = entry.waiter?.askedAtMs ?? nowMs;
  const waiter = waiterOf(entry, { run, reason, askedAtMs, position: 1 }, nowMs + graceMs, nowMs);
  const decision = judge(fleet, entry, waiter, nowMs);
  if (decision.kind === 'granted') return grant(fleet, entry, request, nowMs);
  const { position, retryAfterMs } = decision;
  fleet.setWaiter(entry, { ...waiter, position, keepUntilMs: nowMs + retryAfterMs + graceMs });
  return { kind: 'waiting', now: iso(nowMs), position, retryAfterMs, words: waitingWords(fleet, nowMs) };
};

/** Null when it is due. */
const whenDue = (entry: Entry, nowMs: number): LeaseAnswer | null => {
  const next = nextRunOf(entry, nowMs);
  if (next !== null && next.startsAtMs - earlyMs <= nowMs) return null;
  const startsAt = next === null ? null : iso(next.startsAtMs);
  return { kind: 'not-due', now: iso(nowMs), startsAt, askAgainAt: startsAt ?? iso(nowMs + unplannedMs) };
};

/** When to ask again where nothing is planned. */
const unplannedMs = 3_600_000;

const grant = async (
  fleet: Fleet,
  entry: Entry,
  { run, reason }: LeaseRequest,
  nowMs: number,
): Promise<LeaseAnswer> => {
  const held = entry.lease?.run === run ? entry.lease : null;
  const expiresAtMs = nowMs + leaseMs;
  if (held === null && isPerson(entry, reason, nowMs)) entry.personFirstAtMs = nowMs;
  const nothing = { step: null, bytesDone: null, bytesTotal: null };
  const fresh = { run, reason, grantedAtMs: nowMs, movedAtMs: nowMs, ...nothing };
  fleet.setLease(entry, { ...(held ?? fresh), expiresAtMs });
  if (entry.waiter !== null) fleet.setWaiter(entry, null);
  await fleet.flush();
  return { kind: 'granted', now: iso(nowMs), expiresAt: iso(expiresAtMs), heartbeatMs, policy: entry.source.policy };
};
