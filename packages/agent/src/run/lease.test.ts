import type { LeaseAnswer } from '@berth/common/control/lease.ts';
import { noPolicy } from '@berth/common/control/policy.ts';
import { expect, test } from 'vitest';
import type { Answer } from '../server/control.ts';
import { createLease, type Waiting } from './lease.ts';

const now = '2026-11-14T03:00:00.000Z';
const ok = <Value>(value: Value): Answer<Value> => ({ kind: 'ok', status: 200, value });
const granted = ok<LeaseAnswer>({ kind: 'granted', now, expiresAt: now, heartbeatMs: 30_000, policy: noPolicy });
const waiting = (position: number) =>
  ok<LeaseAnswer>({ kind: 'waiting', now, position, retryAfterMs: 10_000, words: 'busy' });
const away: Answer<never> = { kind: 'failed', detail: 'cut' };
const refused = (status: number): Answer<never> => ({
  ...{ kind: 'refused', status, code: 'lease-lost' },
  ...{ message: 'The place is taken.', remedy: 'Ask again.' },
});

/** A lease at a server that gives these answers, the last of them for ever; heartbeats come when the test says so. */
const bench = (answers: readonly Answer<LeaseAnswer>[], beats: readonly Answer<{ expiresAt: string }>[] = []) => {
  const slept: number[] = [];
  const shown: Waiting[] = [];
  const left = [...answers];
  const leftBeats = [...beats];
  const abort = new AbortController();
  let tick: () => void = () => undefined;
  let asked = 0;
  let beaten = 0;
  const lease = (isImpatient = false) =>
    createLease({
      ...{ run: crypto.randomUUID(), reason: 'person', isImpatient },
      coordinator: {
        lease: async () => {
          asked += 1;
          return (left.length > 1 ? left.shift() : left[0]) ?? away;
        },
        heartbeat: async () => {
          beaten += 1;
          return leftBeats.shift() ?? ok({ expiresAt: now });
        },
      },
      world: {
        now: () => new Date(now),
        sleep: async (delayMs) => void slept.push(delayMs),
        sleepBeside: (_ms, signal) =>
          new Promise((resolve) => {
            tick = resolve;
            signal.addEventListener('abort', () => resolve(), { once: true });
          }),
      },
      onWaiting: (place) => shown.push(place),
    });
  /** One heartbeat. */
  const beat = async () => {
    tick();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { lease, slept, shown, abort, beat, asked: () => asked, beaten: () => beaten };
};

test('who has to wait comes back when told, sees the place in the queue, and runs when it is granted', async () => {
  const it = bench([waiting(3), waiting(1), granted]);
  using lease = it.lease();
  expect(await lease.take(it.abort.signal)).toMatchObject({ kind: 'granted' });
  expect(it.shown.map(({ position }) => position)).toEqual([3, 1]);
  expect(it.slept).toEqual([10_000, 10_000]);
});

test('what is held is not asked for again, until it rested or was lost', async () => {
  const it = bench([granted]);
  using lease = it.lease();
  await lease.take(it.abort.signal);
  await lease.take(it.abort.signal);
  expect(it.asked()).toBe(1);
  lease.rest();
  await lease.take(it.abort.signal);
  expect(it.asked()).toBe(2);
});

test.for([410, 404])('a heartbeat answered by %i loses the place', async (status) => {
  const it = bench([granted], [ok({ expiresAt: now }), refused(status)]);
  using lease = it.lease();
  const admission = await lease.take(it.abort.signal);
  if (admission.kind !== 'granted') throw new Error(admission.kind);
  await it.beat();
  expect(admission.lost.aborted).toBe(false);
  await it.beat();
  expect(admission.lost.aborted).toBe(true);
});

test('a server that goes away during the run loses nobody the place', async () => {
  const it = bench([granted], [away, { kind: 'no-coordinator' }, refused(503)]);
  using lease = it.lease();
  const admission = await lease.take(it.abort.signal);
  if (admission.kind !== 'granted') throw new Error(admission.kind);
  for (let count = 0; count < 6; count += 1) await it.beat();
  expect(admission.lost.aborted).toBe(false);
  expect(it.beaten()).toBe(6);
});

test('without a coordinator the run goes on after one more try; in the queue, after more of them', async () => {
  const alone = bench([away]);
  using lease = alone.lease();
  expect(await lease.take(alone.abort.signal)).toMatchObject({ kind: 'without', detail: 'cut' });
  expect(alone.asked()).toBe(2);
  const queued = bench([waiting(1), away, away, away, granted]);
  using other = queued.lease();
  expect(await other.take(queued.abort.signal)).toMatchObject({ kind: 'granted' });
});

test('a coordinator that comes back during a run without a place may end it, where others have the places', async () => {
  const it = bench([away], [away, refused(410)]);
  using lease = it.lease();
  const admission = await lease.take(it.abort.signal);
  if (admission.kind !== 'without') throw new Error(admission.kind);
  await it.beat();
  await it.beat();
  expect(admission.lost?.aborted).toBe(true);
});

test('the impatient take a place where there is one, and run without where there is none', async () => {
  const it = bench([waiting(4)]);
  using lease = it.lease(true);
  expect(await lease.take(it.abort.signal)).toMatchObject({ kind: 'without', detail: 'busy', lost: null });
  expect(it.slept).toEqual([]);
  using other = bench([granted]).lease(true);
  expect(await other.take(it.abort.signal)).toMatchObject({ kind: 'granted' });
});

test('stopped in the queue, it says at which place; what should not run is never asked for', async () => {
  const it = bench([waiting(2)]);
  using lease = it.lease();
  const skip = async () => {
    if (it.shown.length === 2) it.abort.abort();
    return null;
  };
  expect(await lease.take(it.abort.signal, skip)).toMatchObject({ kind: 'stopped', position: 2 });
  const never = bench([granted]);
  using skipped = never.lease();
  const onBattery = async () => ({ reason: 'on-battery' });
  expect(await skipped.take(never.abort.signal, onBattery)).toEqual({ kind: 'skipped', reason: 'on-battery' });
  expect(never.asked()).toBe(0);
});

test('times of a server whose clock is ahead are told by ours', async () => {
  const ahead = ok<LeaseAnswer>({
    ...{ kind: 'not-due', now: '2026-11-14T05:00:00.000Z' },
    ...{ startsAt: '2026-11-14T06:00:00.000Z', askAgainAt: '2026-11-14T05:30:00.000Z' },
  });
  const it = bench([ahead]);
  using lease = it.lease();
  expect(await lease.take(it.abort.signal)).toEqual({
    kind: 'not-due',
    nextAt: new Date('2026-11-14T03:30:00Z'),
    slotAt: new Date('2026-11-14T04:00:00Z'),
  });
});
