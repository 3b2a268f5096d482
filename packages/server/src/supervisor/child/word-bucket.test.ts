import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Condition, decide, keyOf, type Word } from '../../events/condition.ts';
import { WordBucket } from './word-bucket.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const about = (name: string) => ({ code: 'overdue', source: name, subject: null }) as const;
const raise = (name: string, text = 'so'): Word => ({
  raise: { ...about(name), severity: 'warning', text, remedy: 'look' },
});
const resolve = (name: string): Word => ({ resolve: keyOf(about(name)) });

/** May make so many changes an hour. */
const world = (most: number) => {
  const seen = { open: [] as readonly Condition[], changes: 0, writes: 0, log: [] as string[] };
  const bucket = new WordBucket({
    name: 'coordinator',
    most: () => most,
    open: () => seen.open,
    take: async (words) => {
      const decided = decide(seen.open, words, Date.now());
      seen.open = decided.open;
      seen.changes += decided.events.length;
      if (decided.changed) seen.writes += 1;
    },
    log: pino({ base: null }, { write: (line: string) => seen.log.push(line) }),
  });
  const sources = (): readonly (string | null)[] => seen.open.map(({ source }) => source);
  return { seen, bucket, sources };
};
const minuteMs = 60_000;

test('what a sane child says is taken at once; what changes nothing costs nothing', async () => {
  const { seen, bucket, sources } = world(2);
  for (let count = 0; count < 100; count += 1) await bucket.say([raise('a'), resolve('b')]);
  await bucket.say([raise('b')]);
  expect(sources()).toEqual(['a', 'b']);
  expect(seen.log).toEqual([]);
});

test('one that raises and resolves all the time makes so many changes an hour, and no more; it is logged once', async () => {
  const { seen, bucket } = world(60);
  for (let second = 0; second < 7200; second += 1) {
    await bucket.say([second % 2 === 0 ? raise('a', `${second}`) : resolve('a')]);
    await vi.advanceTimersByTimeAsync(1000);
  }
  // Two that cancel each other while they wait are none.
  expect(seen.changes).toBeGreaterThan(60);
  expect(seen.writes).toBeLessThanOrEqual(60 * 3);
  expect(seen.log.length).toBeLessThanOrEqual(2);
});

test('what is over is taken later, each in its turn and in its newest words; nothing is lost', async () => {
  const { bucket, sources, seen } = world(60);
  const names = Array.from({ length: 100 }, (_, index) => `m${index}`);
  await bucket.say(names.map((name) => raise(name, 'first')));
  expect(sources()).toHaveLength(60);
  expect(bucket.held).toHaveLength(40);
  // Whoever is loud does not get before those that wait.
  for (let minute = 0; minute < 41; minute += 1) {
    await bucket.say([raise('m0', `${minute}`), raise('m99', `${minute}`), resolve('m98')]);
    await vi.advanceTimersByTimeAsync(minuteMs);
  }
  const open = new Map(seen.open.map(({ source, text }) => [source, text]));
  expect(names.filter((name) => !open.has(name))).toEqual(['m98']);
  await vi.advanceTimersByTimeAsync(5 * minuteMs);
  expect(seen.open.find(({ source }) => source === 'm99')?.text).toBe('40');
  expect(bucket.held).toEqual([]);
});
