import { expect, test } from 'vitest';
import { Refused } from '../api/refusal.ts';
import { source, startFleet } from '../testing.ts';
import { refusedReport, takenReport } from './refused-report.ts';

const rubbish = (message = 'That is no report.') => new Refused(400, 'wrong-shape', message, 'Look.');
const start = async () => {
  const started = await startFleet([source('a')]);
  const { fleet, entry, said } = started;
  const words = () =>
    said
      .splice(0)
      .flatMap((message) => (message.type === 'words' ? message.words : []))
      .flatMap((word) => ('raise' in word ? [word.raise.text] : [word.resolve]))
      .filter((text) => /refused/.test(text));
  words();
  return {
    ...started,
    words,
    bad: (message?: string) => refusedReport(fleet, entry('a'), rubbish(message)),
    good: () => takenReport(fleet, entry('a')),
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  };
};
const raised = 'A report of a was refused (wrong-shape): That is no report.';
const resolved = 'report-refused:a';

test('rubbish and good reports in turn, as fast as may be, are said once in five minutes', async () => {
  await using started = await start();
  const { clock, fleet, words, bad, good } = started;
  for (let turn = 0; turn < 10 * 60; turn += 1) {
    bad();
    good();
    clock.go(500);
    await fleet.tick();
  }
  expect(words()).toEqual([raised, resolved]);
  clock.go(60_000);
  bad();
  expect(words()).toEqual([raised]);
});

test('what had to wait is said later: the end is as it is', async () => {
  await using started = await start();
  const { clock, fleet, words, bad, good } = started;
  bad();
  good();
  bad();
  expect(words()).toEqual([raised, resolved]);
  clock.go(5 * 60_000);
  await fleet.tick();
  expect(words()).toEqual([raised]);
  good();
  bad();
  good();
  expect(words()).toEqual([resolved]);
  clock.go(5 * 60_000);
  await fleet.tick();
  expect(words()).toEqual([]);
});

test('that reports are refused for another reason is said as well, and what a coordinator before said is ended by a good one', async () => {
  await using started = await start();
  const { clock, fleet, words, bad, good } = started;
  clock.go(5 * 60_000);
  await fleet.tick();
  expect(words()).toEqual([]);
  good();
  expect(words()).toEqual([resolved]);
  bad();
  clock.go(60_000);
  bad('Too long.');
  expect(words()).toEqual([raised]);
  clock.go(5 * 60_000);
  await fleet.tick();
  expect(words()).toEqual(['A report of a was refused (wrong-shape): Too long.']);
});
