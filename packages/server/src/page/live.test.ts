import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { liveOf, mostListeners } from './live.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const start = () => {
  const listeners = new Set<() => void>();
  const live = liveOf((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  });
  const change = (): void => {
    for (const listener of listeners) listener();
  };
  return { live, change, listeners };
};

/** All that comes while timers run. */
const collect = (stream: ReadableStream<Uint8Array> | null) => {
  if (stream === null) throw new Error('nobody may listen');
  const reader = stream.getReader();
  const said: string[] = [];
  const read = async (): Promise<void> => {
    for (let next = await reader.read(); !next.done; next = await reader.read())
      said.push(Buffer.from(next.value).toString());
    said.push('end');
  };
  const done = read();
  return { said, done, cancel: () => reader.cancel() };
};

test('a hundred changes in a second are told at most twice, and the last is never lost', async () => {
  const { live, change } = start();
  const { said } = collect(live.listen(live.version()));
  for (let index = 0; index < 100; index += 1) {
    change();
    await vi.advanceTimersByTimeAsync(10);
  }
  await vi.advanceTimersByTimeAsync(1000);
  expect(said.filter((line) => line.includes('change'))).toHaveLength(2);
  live.close();
});

test('whoever has an older page hears at once that something changed, else nothing', async () => {
  const { live, change } = start();
  const before = live.version();
  const current = collect(live.listen(before));
  await vi.advanceTimersByTimeAsync(0);
  expect(current.said).toEqual([expect.stringContaining('retry')]);
  change();
  for (const known of [before, 'of-another-start', null]) {
    const { said } = collect(live.listen(known));
    await vi.advanceTimersByTimeAsync(0);
    expect(said.at(-1)).toContain('event: change');
  }
  live.close();
});

test('a comment each 15 s keeps the line', async () => {
  const { live } = start();
  const { said } = collect(live.listen(live.version()));
  await vi.advanceTimersByTimeAsync(61_000);
  expect(said.filter((line) => line.startsWith(':'))).toHaveLength(4);
  live.close();
});

test('as many as may listen, no more, and who goes makes room', async () => {
  const { live } = start();
  const streams = Array.from({ length: mostListeners }, () => collect(live.listen(live.version())));
  expect(live.listen(null)).toBeNull();
  await streams[0]?.cancel();
  expect(live.listeners()).toBe(mostListeners - 1);
  expect(live.listen(null)).not.toBeNull();
  live.close();
});

test('who never reads costs nothing', async () => {
  const { live, change } = start();
  const stream = live.listen(live.version());
  for (let index = 0; index < 100; index += 1) {
    change();
    await vi.advanceTimersByTimeAsync(2000);
  }
  const { said, done } = collect(stream);
  live.close();
  await done;
  expect(said.length).toBeLessThan(10);
});

test('closing ends every stream and stops listening', async () => {
  const { live, listeners } = start();
  const { said, done } = collect(live.listen(live.version()));
  live.close();
  await done;
  expect([said.at(-1), listeners.size, live.listeners()]).toEqual(['end', 0, 0]);
});
