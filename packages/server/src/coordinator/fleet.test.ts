import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { waiterOf } from './entry.ts';
import { leaseMs } from './fleet.ts';
import { assignment } from './requests/assignment.ts';
import { heartbeat } from './requests/heartbeat.ts';
import { askLease } from './requests/lease.ts';
import { keepReport } from './requests/report.ts';
import { usage } from './requests/usage.ts';
import { openState } from './state/sqlite.ts';
import { noonMs, report, source, startFleet } from './testing.ts';

type Started = Awaited<ReturnType<typeof startFleet>>;

const uuid = (digit: number): string => `${digit}`.repeat(8).concat('-1111-4111-8111-111111111111');
const hourMs = 3_600_000;

/** A person's run, which is always due. */
const ask = ({ fleet, entry }: Started, name: string, run: string) =>
  askLease(fleet, entry(name), { run, reason: 'person' });
const beat = ({ fleet, entry }: Started, name: string, run: string) =>
  heartbeat(fleet, entry(name), run, { step: 'backup', bytesDone: 1, bytesTotal: 2 });
const deliver = (
  { fleet, entry, clock }: Started,
  name: string,
  change: Parameters<typeof report>[1] = {},
  sentAtMs = clock.wallMs(),
) => {
  const made = report(sentAtMs, change);
  return keepReport(fleet, entry(name), made.run, { sentAt: new Date(sentAtMs).toISOString(), report: made });
};

test('no more hold a lease than may, and a report frees the place', async () => {
  await using started = await startFleet(['a', 'b', 'c'].map((name) => source(name)));
  expect(await ask(started, 'a', uuid(1))).toMatchObject({ kind: 'granted' });
  expect(await ask(started, 'b', uuid(2))).toMatchObject({ kind: 'granted' });
  expect(await ask(started, 'c', uuid(3))).toMatchObject({ kind: 'waiting', position: 1 });
  // Twice is once.
  expect(await ask(started, 'a', uuid(1))).toMatchObject({ kind: 'granted' });
  await deliver(started, 'a', { run: uuid(1) });
  expect(await ask(started, 'c', uuid(3))).toMatchObject({ kind: 'granted' });
  expect(started.fleet.holding.size).toBe(2);
});

test('how long one waits is said without naming a neighbour', async () => {
  await using started = await startFleet(
    ['secret', 'asker'].map((name) => source(name)),
    { concurrency: 1 },
  );
  await ask(started, 'secret', uuid(1));
  const answer = await ask(started, 'asker', uuid(2));
  expect(JSON.stringify(answer)).not.toContain('secret');
  expect(answer).toMatchObject({ words: expect.stringMatching(/about \d+ min/) });
});

test('heartbeats keep a lease; without them it ends, and is given back only where nobody else has the place', async () => {
  await using started = await startFleet(
    ['a', 'b'].map((name) => source(name)),
    { concurrency: 1 },
  );
  const { clock, fleet, entry } = started;
  await ask(started, 'a', uuid(1));
  for (let minute = 0; minute < 10; minute += 1) {
    clock.go(60_000);
    beat(started, 'a', uuid(1));
    await fleet.tick();
  }
  expect(entry('a').lease?.run).toBe(uuid(1));
  clock.go(leaseMs);
  await fleet.tick();
  expect(entry('a').lease).toBeNull();
  // A place is free: the run may go on.
  beat(started, 'a', uuid(1));
  expect(entry('a').lease?.run).toBe(uuid(1));
  clock.go(leaseMs);
  await fleet.tick();
  expect(await ask(started, 'b', uuid(2))).toMatchObject({ kind: 'granted' });
  expect(() => beat(started, 'a', uuid(1))).toThrow(expect.objectContaining({ status: 410, code: 'lease-lost' }));
});

test('a run that is over gets no lease any more, and one that began anew has the place of the one it replaces', async () => {
  await using started = await startFleet([source('a')], { concurrency: 1 });
  await ask(started, 'a', uuid(1));
  expect(await ask(started, 'a', uuid(2))).toMatchObject({ kind: 'granted' });
  expect(() => beat(started, 'a', uuid(1))).toThrow(expect.objectContaining({ code: 'lease-lost' }));
  await deliver(started, 'a', { run: uuid(2) });
  expect(() => beat(started, 'a', uuid(2))).toThrow(expect.objectContaining({ code: 'lease-lost' }));
  await expect(ask(started, 'a', uuid(2))).rejects.toMatchObject({ status: 409, code: 'run-over' });
  expect(started.fleet.holding.size).toBe(0);
});

test('who does not come back loses the place in the queue', async () => {
  await using started = await startFleet(
    ['a', 'b'].map((name) => source(name)),
    { concurrency: 1 },
  );
  await ask(started, 'a', uuid(1));
  const waits = await ask(started, 'b', uuid(2));
  const retryAfterMs = waits.kind === 'waiting' ? waits.retryAfterMs : 0;
  started.clock.go(retryAfterMs);
  await started.fleet.tick();
  expect(started.fleet.waiting.size).toBe(1);
  started.clock.go(61_000);
  await started.fleet.tick();
  expect(started.fleet.waiting.size).toBe(0);
});

test('who always says that a person waits goes before all others once an hour, and otherwise by its staleness', async () => {
  await using started = await startFleet(
    ['pushy', 'stale', 'other'].map((name) => source(name)),
    { concurrency: 1 },
  );
  const { clock, fleet, entry } = started;
  const slot = (name: string, run: string): void => {
    const row = { run, reason: 'slot', askedAtMs: clock.wallMs(), position: 1 } as const;
    fleet.setWaiter(entry(name), waiterOf(entry(name), row, clock.wallMs() + 3 * hourMs, clock.wallMs()));
  };
  await ask(started, 'other', uuid(1));
  slot('stale', uuid(2));
  expect(await ask(started, 'pushy', uuid(3))).toMatchObject({ kind: 'waiting', position: 1 });
  await deliver(started, 'other', { run: uuid(1) });
  expect(await ask(started, 'pushy', uuid(3))).toMatchObject({ kind: 'granted' });
  clock.go(60_000);
  await deliver(started, 'pushy', { run: uuid(3) });
  // Still due, but not before who has never succeeded.
  expect(await ask(started, 'pushy', uuid(4))).toMatchObject({ kind: 'waiting', position: 2 });
  clock.set(noonMs - 9 * hourMs);
  expect(await ask(started, 'pushy', uuid(4))).toMatchObject({ kind: 'waiting', position: 2 });
  clock.go(hourMs - 60_000);
  expect(await ask(started, 'pushy', uuid(4))).toMatchObject({ kind: 'granted' });
});

test('after a restart leases live on with their time begun anew, and so does the queue', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-fleet-'));
  try {
    const sources = ['a', 'b', 'gone'].map((name) => source(name));
    const before = await startFleet(sources, { folder, concurrency: 2 });
    await ask(before, 'a', uuid(1));
    await ask(before, 'gone', uuid(3));
    await ask(before, 'b', uuid(2));
    await before.fleet.tick();
    // Not closed: killed. The source `gone` was taken out meanwhile.
    await using after = await startFleet(sources.slice(0, 2), { folder, concurrency: 1 });
    expect(after.entry('a').lease).toMatchObject({ run: uuid(1), grantedAtMs: noonMs, expiresAtMs: noonMs + leaseMs });
    expect(after.entry('b').waiter).toMatchObject({ run: uuid(2), askedAtMs: noonMs });
    expect(after.fleet.holding.size).toBe(1);
    expect(await ask(after, 'b', uuid(2))).toMatchObject({ kind: 'waiting' });
    const { leases } = await before.state.load();
    expect(leases).toEqual([]);
    await before.state.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a lease is on the disk before it is answered, so that no kill lets one more run than may', async () => {
  await using started = await startFleet([source('a')]);
  await ask(started, 'a', uuid(1));
  const { state } = openState(join(started.folder, 'state.db'), { now: () => new Date(noonMs) });
  expect((await state.load()).leases).toMatchObject([{ source: 'a', run: uuid(1) }]);
  await state.close();
});

test('a clock that is set, either way, neither ends a lease nor lets one live on', async () => {
  await using started = await startFleet(
    ['a', 'b'].map((name) => source(name)),
    { concurrency: 1 },
  );
  const { clock, fleet, entry } = started;
  await ask(started, 'a', uuid(1));
  await ask(started, 'b', uuid(2));
  clock.set(noonMs - 5 * hourMs);
  await fleet.tick();
  clock.go(1000);
  clock.set(noonMs + 9 * hourMs);
  await fleet.tick();
  expect([entry('a').lease?.run, entry('b').waiter?.run]).toEqual([uuid(1), uuid(2)]);
  clock.set(noonMs - 5 * hourMs);
  clock.go(leaseMs);
  await fleet.tick();
  expect(entry('a').lease).toBeNull();
});

test('a clock that is set while somebody runs and waits leaves whole milliseconds, which the disk takes', async () => {
  await using started = await startFleet(
    ['a', 'b'].map((name) => source(name)),
    { concurrency: 1 },
  );
  const { clock, fleet, state, folder } = started;
  await ask(started, 'a', uuid(1));
  await ask(started, 'b', uuid(2));
  clock.set(noonMs + 6000);
  // What is asked for before the next tick is written with it.
  beat(started, 'a', uuid(1));
  await ask(started, 'b', uuid(2));
  await fleet.tick();
  clock.set(noonMs - hourMs);
  await deliver(started, 'a', { run: uuid(1) });
  expect((await state.runs('a', 1))[0]).toMatchObject({ heldMs: 0 });
  await using again = await startFleet([source('a')], { folder });
  expect(again.entry('a').lastGood?.run).toBe(uuid(1));
});

test('a report that comes late, or from a wrong clock, says when it was by the server', async () => {
  await using started = await startFleet([source('a')]);
  const { clock, entry, fleet } = started;
  // Its clock is a year ahead.
  await deliver(started, 'a', { run: uuid(1) }, noonMs + 365 * 24 * hourMs);
  expect(entry('a').lastGood).toMatchObject({ endedAtMs: noonMs, skewMs: 365 * 24 * hourMs });
  clock.go(hourMs);
  const failed = { run: uuid(2), outcome: 'failed', snapshot: null, message: 'no\u0007\nroute' } as const;
  await deliver(started, 'a', failed);
  expect(usage(entry('a'), fleet.nowMs())).toMatchObject({
    state: 'failing',
    lastSuccessAt: new Date(noonMs).toISOString(),
  });
  expect(entry('a').lastRun?.message).toBe('no\\u{7}\\nroute');
  // One of yesterday, that had to wait: it is kept, and changes nothing.
  const old = new Date(noonMs - 20 * hourMs).toISOString();
  await deliver(started, 'a', { run: uuid(3), startedAt: old, endedAt: old });
  expect(entry('a').lastRun?.run).toBe(uuid(2));
  expect(entry('a').lastGood?.run).toBe(uuid(1));
  // Dry runs, and those that found another one, are kept and are no news.
  await deliver(started, 'a', { run: uuid(4), dryRun: true });
  await deliver(started, 'a', { run: uuid(5), outcome: 'busy', snapshot: null });
  expect(entry('a').lastRun?.run).toBe(uuid(2));
  expect(await started.state.runs('a', 9)).toHaveLength(5);
});

test('after the clock was ahead for a run, slots are run and the next report counts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-fleet-'));
  try {
    const started = await startFleet([source('a')], { folder });
    const { clock, entry, fleet, state } = started;
    await deliver(started, 'a', { run: uuid(1) });
    clock.set(noonMs + 365 * 24 * hourMs);
    await deliver(started, 'a', { run: uuid(2) });
    clock.set(noonMs + 36 * hourMs);
    await fleet.tick();
    expect(await askLease(fleet, entry('a'), { run: uuid(3), reason: 'slot' })).toMatchObject({ kind: 'granted' });
    expect(usage(entry('a'), fleet.nowMs()).lastSuccessAt).toBeNull();
    await deliver(started, 'a', { run: uuid(3) });
    expect(entry('a')).toMatchObject({ lastRun: { run: uuid(3) }, lastGood: { run: uuid(3) } });
    const lastSuccessAt = new Date(clock.wallMs()).toISOString();
    expect(usage(entry('a'), clock.wallMs())).toMatchObject({ state: 'fine', lastSuccessAt });
    // One that comes late is late as ever.
    const old = new Date(clock.wallMs() - 20 * hourMs).toISOString();
    await deliver(started, 'a', { run: uuid(4), startedAt: old, endedAt: old });
    expect(entry('a').lastGood?.run).toBe(uuid(3));
    await state.close();
    await using again = await startFleet([source('a')], { folder });
    expect(again.entry('a')).toMatchObject({ lastRun: { run: uuid(3) }, lastGood: { run: uuid(3) } });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a success that never arrived in the store is doubted, and said', async () => {
  await using started = await startFleet([source('a')]);
  const { clock, fleet, said } = started;
  await deliver(started, 'a');
  const empty = { bytes: 0, objects: 0 };
  clock.go(hourMs);
  const at = new Date(clock.wallMs()).toISOString();
  fleet.stored('a', { at, live: empty, trash: empty, snapshots: 0, lastSnapshotAt: null, unreadable: null });
  const words = said.flatMap((message) => (message.type === 'words' ? message.words : []));
  expect(words).toContainEqual({ raise: expect.objectContaining({ code: 'report-doubted', source: 'a' }) });
});

test('a source whose snapshots are all gone has no success from before', async () => {
  await using started = await startFleet([source('a')]);
  const { clock, fleet, entry } = started;
  await deliver(started, 'a');
  const [some, lastSnapshotAt] = [{ bytes: 1, objects: 1 }, new Date(clock.wallMs()).toISOString()];
  const review = (snapshots: number): void => {
    clock.go(hourMs);
    const at = new Date(clock.wallMs()).toISOString();
    fleet.stored('a', { at, live: some, trash: some, snapshots, lastSnapshotAt, unreadable: null });
  };
  review(1);
  expect(usage(entry('a'), clock.wallMs())).toMatchObject({ state: 'fine', lastSuccessAt: lastSnapshotAt });
  review(0);
  expect(usage(entry('a'), clock.wallMs())).toMatchObject({ state: 'never', lastSuccessAt: null });
});

test('a run is as long as it held its place, not as long as its machine says', async () => {
  await using started = await startFleet([source('a')]);
  const { clock, entry } = started;
  const claims = { startedAt: new Date(noonMs - 7 * 24 * hourMs).toISOString() };
  await deliver(started, 'a', { run: uuid(1), ...claims });
  expect(entry('a').lengthsMs).toEqual([]);
  await ask(started, 'a', uuid(2));
  clock.go(90_000);
  await deliver(started, 'a', { run: uuid(2), ...claims });
  expect(entry('a').lengthsMs).toEqual([90_000]);
});

test('silence is said once, and its end too', async () => {
  await using started = await startFleet([source('a')]);
  const { clock, fleet, said } = started;
  const words = () => said.splice(0).flatMap((message) => (message.type === 'words' ? message.words : []));
  expect(words().every((word) => 'resolve' in word)).toBe(true);
  clock.go(49 * hourMs);
  await fleet.tick();
  expect(words()).toContainEqual({
    raise: expect.objectContaining({ code: 'overdue', source: 'a', severity: 'critical' }),
  });
  clock.go(hourMs / 2);
  await fleet.tick();
  expect(words()).toEqual([]);
  await deliver(started, 'a');
  expect(words()).toContainEqual({ resolve: 'overdue:a' });
});

test('a source that is added has its slot on the disk when the configuration is in force, and keeps it', async () => {
  await using started = await startFleet([source('a')]);
  await started.apply([source('a'), source('new')]);
  const slot = assignment(started.entry('new'), noonMs).slot;
  expect(slot).not.toBeNull();
  const folder = started.folder;
  await using again = await startFleet([source('new'), source('a')], { folder });
  expect(assignment(again.entry('new'), noonMs).slot).toEqual(slot);
});

test('a slot that was missed is due at once when the machine asks; one that is done is not', async () => {
  await using started = await startFleet([source('a')]);
  const { clock, fleet, entry } = started;
  const asked = (run: string) => askLease(fleet, entry('a'), { run, reason: 'slot' });
  expect(await asked(uuid(1))).toMatchObject({ kind: 'not-due' });
  clock.set(Date.parse(assignment(entry('a'), noonMs).slot?.startsAt ?? '') + 5 * hourMs);
  await fleet.tick();
  expect(assignment(entry('a'), clock.wallMs()).slot?.startsAt).toBe(
    new Date(clock.wallMs() - 5 * hourMs).toISOString(),
  );
  expect(await asked(uuid(2))).toMatchObject({ kind: 'granted' });
  // It failed: it rests for three hours, and is due again then.
  await deliver(started, 'a', { run: uuid(2), outcome: 'failed', snapshot: null });
  expect(await asked(uuid(3))).toMatchObject({
    kind: 'not-due',
    startsAt: new Date(clock.wallMs() + 3 * hourMs).toISOString(),
  });
  clock.go(3 * hourMs);
  expect(await asked(uuid(3))).toMatchObject({ kind: 'granted' });
  await deliver(started, 'a', { run: uuid(3) });
  expect(await asked(uuid(4))).toMatchObject({ kind: 'not-due' });
});

test('heavy jobs are told how many places nobody needs', async () => {
  await using started = await startFleet(
    ['a', 'b', 'c'].map((name) => source(name)),
    { concurrency: 3 },
  );
  const free = () => started.said.findLast((message) => message.type === 'places')?.free;
  expect(free()).toBe(3);
  await ask(started, 'a', uuid(1));
  await started.fleet.tick();
  expect(free()).toBe(2);
  started.clock.set(Date.parse(assignment(started.entry('b'), noonMs).slot?.startsAt ?? '') - 60_000);
  await started.fleet.tick();
  expect(free()).toBeLessThan(2);
});
