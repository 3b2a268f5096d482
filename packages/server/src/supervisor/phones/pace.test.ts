import { describe, expect, test } from 'vitest';
import { nextPassAt, nextWakeAt, type Passes, usualPace } from './pace.ts';

const [second, minute, hour] = [1000, 60_000, 3_600_000];
const start = Date.UTC(2026, 10, 14, 2);
const good = { beganMs: start, endedMs: start + second, isGood: true, isToBeContinued: false };

const next = (change: Partial<Passes>): number =>
  nextPassAt({ everyMs: minute, last: good, changed: null, isTold: true, ...change }, usualPace) - start;

describe('a pass of a mirror begins', () => {
  test('at once where there was none', () => {
    expect(next({ last: null })).toBeLessThanOrEqual(0);
  });

  test('two seconds after the last change', () => {
    expect(next({ changed: { firstMs: start + minute, latestMs: start + minute } })).toBe(minute + 2 * second);
  });

  test('within ten seconds of the first change, however long more come', () => {
    const changed = { firstMs: start + minute, latestMs: start + minute + 9.9 * second };
    expect(next({ changed })).toBe(minute + 10 * second);
  });

  test('at most every ten seconds', () => {
    expect(next({ changed: { firstMs: start + second, latestMs: start + second } })).toBe(10 * second);
  });

  test('in full every hour while Syncthing says what changes, and as sources.yaml says while it does not', () => {
    expect(next({})).toBe(hour);
    expect(next({ isTold: false })).toBe(second + minute);
  });

  test('as sources.yaml says once one has failed, whoever says what changes', () => {
    expect(next({ last: { ...good, isGood: false } })).toBe(second + minute);
  });

  test('soon where files were still being written', () => {
    expect(next({ last: { ...good, isToBeContinued: true } })).toBe(10 * second);
  });

  test('later on a slow disk: passes take a twentieth of the time, and half of it where much changes', () => {
    const last = { ...good, endedMs: start + 10 * minute };
    expect(next({ isTold: false, last })).toBe(10 * minute + 200 * minute);
    expect(next({ last })).toBe(10 * minute + 200 * minute);
    expect(next({ last, changed: { firstMs: start + second, latestMs: start + second } })).toBe(20 * minute);
  });
});

describe('a backup is woken', () => {
  test('when it asked to be, and every quarter of an hour whatever it asked for', () => {
    const wake = (nextAtMs: number | null) => nextWakeAt({ endedMs: start, nextAtMs }, usualPace) - start;
    expect(wake(start + 5 * minute)).toBe(5 * minute);
    expect(wake(start + hour)).toBe(15 * minute);
    expect(wake(null)).toBe(15 * minute);
    expect(wake(start - hour)).toBe(10 * second);
  });
});
