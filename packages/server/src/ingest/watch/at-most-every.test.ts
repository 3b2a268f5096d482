import { expect, test } from 'vitest';
import { atMostEvery } from './at-most-every.ts';

/** A clock that a test moves by hand. */
const byHand = () => {
  let nowMs = 0;
  let waiting: { readonly untilMs: number; readonly wake: () => void }[] = [];
  return {
    clock: { wallMs: () => nowMs, steadyMs: () => nowMs },
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>((wake, reject) => {
        waiting.push({ untilMs: nowMs + ms, wake });
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
    pass: async (ms: number) => {
      nowMs += ms;
      for (const { wake } of waiting.filter(({ untilMs }) => untilMs <= nowMs)) wake();
      waiting = waiting.filter(({ untilMs }) => untilMs > nowMs);
      await new Promise(setImmediate);
    },
  };
};

test('the first word is said at once, a crowd of them once a second, the last one after the end', async () => {
  const world = byHand();
  let said = 0;
  const word = atMostEvery(1000, () => (said += 1), world, new AbortController().signal);
  word();
  expect(said).toBe(1);
  for (let tenth = 0; tenth < 35; tenth += 1) {
    word();
    await world.pass(100);
  }
  expect(said).toBe(4);
  await world.pass(1000);
  expect(said).toBe(5);
  await world.pass(60_000);
  expect(said).toBe(5);
  word();
  expect(said).toBe(6);
});

test('after the end of its time nothing is said', async () => {
  const world = byHand();
  const end = new AbortController();
  let said = 0;
  const word = atMostEvery(1000, () => (said += 1), world, end.signal);
  word();
  word();
  end.abort();
  await world.pass(5000);
  expect(said).toBe(1);
});
