import { expect, test } from 'vitest';
import { heartbeat } from './requests/heartbeat.ts';
import { askLease } from './requests/lease.ts';
import { keepReport } from './requests/report.ts';
import { stuckAfterMs } from './stuck.ts';
import { report, source, startFleet } from './testing.ts';

type Started = Awaited<ReturnType<typeof startFleet>>;
const uuid = (digit: number): string => `${digit}`.repeat(8).concat('-1111-4111-8111-111111111111');
const ask = ({ fleet, entry }: Started, name: string, digit: number) =>
  askLease(fleet, entry(name), { run: uuid(digit), reason: 'person' });
const wordsOf = ({ said }: Started) =>
  said.splice(0).flatMap((message) => (message.type === 'words' ? message.words : []));
const about = (started: Started) => wordsOf(started).filter((word) => JSON.stringify(word).includes('run-stuck'));

/** `a` and `b` say for so long that they go on; `b` alone moves. */
const beat = async ({ fleet, entry, clock }: Started, forMs: number): Promise<void> => {
  for (let pastMs = 0; pastMs < forMs; pastMs += 60_000) {
    clock.go(60_000);
    heartbeat(fleet, entry('a'), uuid(1), { step: 'backup', bytesDone: 5, bytesTotal: 9 });
    heartbeat(fleet, entry('b'), uuid(2), { step: 'backup', bytesDone: clock.wallMs(), bytesTotal: null });
    await fleet.tick();
  }
};

const names = ['a', 'b', 'c', 'd'];
const startBoth = async () => {
  const started = await startFleet(names.map((name) => source(name)));
  await ask(started, 'a', 1);
  await ask(started, 'b', 2);
  await beat(started, 60_000);
  about(started);
  return started;
};

test('a run that has not moved for six hours keeps nobody waiting, is not stopped, and is named', async () => {
  await using started = await startBoth();
  await beat(started, stuckAfterMs - 60_000);
  expect(await ask(started, 'c', 3)).toMatchObject({ kind: 'waiting', words: expect.stringContaining('The 2') });
  await beat(started, 60_000);
  expect(about(started)).toEqual([
    {
      raise: expect.objectContaining({
        ...{ code: 'run-stuck', source: 'a', severity: 'warning' },
        text: 'The backup of a has not moved for 6 h; others no longer wait for it.',
      }),
    },
  ]);
  expect(await ask(started, 'c', 3)).toMatchObject({ kind: 'granted' });
  // One that moves counts, and so does the one that was let past.
  expect(await ask(started, 'd', 4)).toMatchObject({ kind: 'waiting', words: expect.stringContaining('The 2') });
  await beat(started, 60_000);
  expect(started.entry('a').lease?.run).toBe(uuid(1));
  expect(about(started)).toEqual([]);
});

test('while nobody needs its place it is left alone; one that is let past at once is seen as well', async () => {
  await using started = await startBoth();
  await beat(started, 2 * stuckAfterMs);
  expect(about(started)).toEqual([]);
  expect(await ask(started, 'c', 3)).toMatchObject({ kind: 'granted' });
  await beat(started, 60_000);
  expect(about(started)).toMatchObject([{ raise: { source: 'a' } }]);
});

test('it is over when the run moves, or reports', async () => {
  await using started = await startBoth();
  const { fleet, entry, clock } = started;
  await beat(started, stuckAfterMs);
  await ask(started, 'c', 3);
  await beat(started, 60_000);
  expect(about(started)).toHaveLength(1);
  heartbeat(fleet, entry('a'), uuid(1), { step: 'check', bytesDone: 5, bytesTotal: 9 });
  await fleet.tick();
  expect(about(started)).toEqual([{ resolve: 'run-stuck:a' }]);
  clock.go(60_000);
  heartbeat(fleet, entry('a'), uuid(1), { step: 'backup', bytesDone: 5, bytesTotal: 9 });
  await beat(started, stuckAfterMs);
  await ask(started, 'd', 4);
  await beat(started, 60_000);
  expect(about(started)).toMatchObject([{ raise: { source: 'a' } }]);
  const made = report(clock.wallMs(), { run: uuid(1) });
  await keepReport(fleet, entry('a'), made.run, { sentAt: new Date(clock.wallMs()).toISOString(), report: made });
  await fleet.tick();
  expect(about(started)).toEqual([{ resolve: 'run-stuck:a' }]);
});

test('heavy jobs of the server may have a place when those who stand still are not waited for', async () => {
  await using started = await startBoth();
  const { fleet, entry } = started;
  await beat(started, stuckAfterMs);
  await ask(started, 'c', 3);
  await fleet.tick();
  fleet.setLease(entry('b'), null);
  fleet.setLease(entry('c'), null);
  started.said.splice(0);
  await fleet.tick();
  expect(started.said).toContainEqual({ type: 'places', free: 2 });
});
