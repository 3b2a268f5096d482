import { expect, test } from 'vitest';
import { heartbeat } from './requests/heartbeat.ts';
import { askLease } from './requests/lease.ts';
import { stuckAfterMs } from './stuck.ts';
import { outline, source, startFleet } from './testing.ts';

const dayMs = 86_400_000;

const start = async () => {
  const started = await startFleet([source('a')]);
  const { fleet, said, entry, clock } = started;
  const words = () => said.splice(0).flatMap((message) => (message.type === 'words' ? message.words : []));
  const failed = (message: string): void => {
    entry('a').lastRun = outline({ outcome: 'failed', snapshot: null, message, endedAtMs: clock.wallMs() });
    fleet.look(entry('a'));
  };
  words();
  return { ...started, words, failed, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
};

test('for how long there was no backup is said anew each hour, and nothing else with it', async () => {
  await using started = await start();
  const { clock, fleet, words, apply } = started;
  await apply([source('a', { everyMs: 900_000, overdueAfterMs: 1_800_000 })]);
  words();
  const heard: string[] = [];
  for (let minute = 0; minute < 4 * 60; minute += 1) {
    clock.go(60_000);
    await fleet.tick();
    for (const word of words()) {
      if ('raise' in word && word.raise.code === 'overdue')
        heard.push(word.raise.text.replace(/.*added (\w+).*/, '$1'));
      else if (heard.length > 1) heard.push(JSON.stringify(word));
    }
  }
  expect(heard).toEqual(['30m', '1h30m', '2h30m', '3h30m']);
});

test('that runs fail for another reason now is said, once a minute at the most', async () => {
  await using started = await start();
  const { clock, fleet, words, failed } = started;
  clock.go(60_000);
  failed('the disk is full');
  const told = words();
  expect(told).toContainEqual({
    raise: expect.objectContaining({ code: 'run-failing', text: expect.stringContaining('the disk is full') }),
  });
  for (let second = 0; second < 59; second += 1) {
    clock.go(1000);
    failed(second % 2 === 0 ? 'no route' : 'the key is wrong');
    await fleet.tick();
  }
  expect(words()).toEqual([]);
  clock.go(1000);
  failed('no route');
  // The state is the same: nothing is over.
  expect(words()).toEqual([{ raise: expect.objectContaining({ text: expect.stringContaining('no route') }) }]);
  clock.go(dayMs / 24);
  await fleet.tick();
  expect(words()).toEqual([]);
});

test('of a source that is overdue while its run goes on people are told that, and not to look for the machine', async () => {
  await using started = await start();
  const { clock, fleet, words, entry } = started;
  const run = '11111111-1111-4111-8111-111111111111';
  const overdue = () =>
    words().flatMap((word) => ('raise' in word && word.raise.code === 'overdue' ? [word.raise] : []));
  const beat = async (forMs: number, moves: boolean): Promise<void> => {
    for (let pastMs = 0; pastMs < forMs; pastMs += 60_000) {
      clock.go(60_000);
      heartbeat(fleet, entry('a'), run, { step: 'backup', bytesDone: moves ? clock.wallMs() : 1, bytesTotal: null });
      await fleet.tick();
    }
  };
  await askLease(fleet, entry('a'), { run, reason: 'slot' });
  await beat(2 * dayMs, true);
  expect(overdue()).toMatchObject([
    {
      text: 'Never backed up since it was added 2d ago; overdue after 2d. A run of it has been going on for 1d23h.',
      remedy: expect.stringMatching(/^Let it go on.*berth-server status a\..*overdue_after/),
    },
  ]);
  await beat(stuckAfterMs + 3_600_000, false);
  expect(overdue().at(-1)).toMatchObject({
    text: expect.stringContaining('and has not moved for 6h'),
    remedy: expect.stringContaining('Look at that machine'),
  });
  clock.go(4 * 60_000);
  await fleet.tick();
  expect(overdue()).toMatchObject([
    { text: expect.not.stringContaining('run of it'), remedy: expect.stringContaining('See that the machine is on') },
  ]);
});

test('nobody is sent to a phone to type commands: what is to do is done on the server', async () => {
  await using started = await startFleet([source('lisa-phone', { isPhone: true }), source('laptop')]);
  const { fleet, said, entry, clock } = started;
  clock.go(9 * dayMs);
  await fleet.tick();
  const lastRun = outline({ outcome: 'failed', snapshot: null, message: 'no', endedAtMs: clock.wallMs() });
  entry('lisa-phone').lastRun = lastRun;
  fleet.look(entry('lisa-phone'));
  const remedies = (name: string) =>
    said
      .flatMap((message) => (message.type === 'words' ? message.words : []))
      .flatMap((word) => ('raise' in word && word.raise.source === name ? [word.raise.remedy] : []));
  expect(new Set(remedies('lisa-phone'))).toEqual(
    new Set([
      'See what keeps it: berth-server phone status lisa-phone. Try it now, and see what it says: berth-server phone backup lisa-phone',
    ]),
  );
  expect(remedies('laptop').join()).toContain('berth doctor');
});
