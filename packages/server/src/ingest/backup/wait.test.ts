import { expect, test } from 'vitest';
import { listenForQuiet, waitUntilQuiet } from './wait.ts';

/** Something that tells what `say` is given, until it has told everything. */
const teller = () => {
  const lines: unknown[] = [];
  let more = Promise.withResolvers<void>();
  let isOver = false;
  const told = async function* () {
    for (;;) {
      while (lines.length > 0) yield lines.shift();
      if (isOver) return;
      await more.promise;
      more = Promise.withResolvers();
    }
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    told,
    say: async (line: unknown) => {
      lines.push(line);
      more.resolve();
      await settle();
    },
    end: async () => {
      isOver = true;
      more.resolve();
      await settle();
    },
  };
};

/** A clock that only sleeping moves, and what happens at which second of it. */
const stage = (script: Readonly<Record<number, () => Promise<void>>>) => {
  let seconds = 0;
  const steadyMs = () => seconds * 1000;
  const sleep = async (delayMs: number, signal: AbortSignal) => {
    for (const end = seconds + delayMs / 1000; seconds < end && !signal.aborted; ) {
      seconds += 1;
      await script[seconds]?.();
    }
  };
  return { world: { steadyMs, sleep }, seconds: () => seconds };
};

const never = new AbortController().signal;

test('a Syncthing that is quiet is waited for until it has been so for five seconds', async () => {
  const it = teller();
  const news = listenForQuiet(it.told());
  await it.say({ quiet: false });
  const { world, seconds } = stage({
    10: () => it.say({ quiet: true }),
    12: () => it.say({ quiet: false }),
    60: () => it.say({ quiet: true }),
  });
  expect(await waitUntilQuiet(news, 600_000, world, never)).toBe('quiet');
  expect(seconds()).toBe(65);
});

test('one that works on and on is not waited for beyond the deadline', async () => {
  const it = teller();
  const news = listenForQuiet(it.told());
  await it.say({ quiet: false });
  const { world, seconds } = stage({});
  expect(await waitUntilQuiet(news, 600_000, world, never)).toBe('deadline');
  expect(seconds()).toBe(600);
  expect(await waitUntilQuiet(news, 600_000, world, never), 'asked again').toBe('deadline');
});

test('where nobody can say there is nothing to wait for', async () => {
  const it = teller();
  const news = listenForQuiet(it.told());
  const { world, seconds } = stage({ 7: () => it.say({ quiet: null }) });
  await it.say({ quiet: false });
  expect(await waitUntilQuiet(news, 600_000, world, never)).toBe('nobody');
  expect(seconds()).toBe(7);
});

test('nor where nobody says anything, or only what is not understood, or whoever told is gone', async () => {
  const silent = stage({});
  const mute = teller();
  await mute.say({ calm: true });
  expect(await waitUntilQuiet(listenForQuiet(mute.told()), 600_000, silent.world, never)).toBe('nobody');
  expect(silent.seconds()).toBe(30);

  const it = teller();
  const news = listenForQuiet(it.told());
  await it.say({ quiet: false });
  const { world, seconds } = stage({ 3: () => it.end() });
  expect(await waitUntilQuiet(news, 600_000, world, never)).toBe('nobody');
  expect(seconds()).toBe(3);
});

test('a signal ends it', async () => {
  const it = teller();
  const stopping = new AbortController();
  const news = listenForQuiet(it.told());
  await it.say({ quiet: false });
  const { world } = stage({ 4: async () => stopping.abort() });
  expect(await waitUntilQuiet(news, 600_000, world, stopping.signal)).toBe('stopped');
});
