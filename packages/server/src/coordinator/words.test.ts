import { expect, test } from 'vitest';
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
