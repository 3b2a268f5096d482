import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Severity } from '../events/condition.ts';
import { conditionOf, startMs, Watcher } from './testing.ts';
import { dayMs, hourMs, minuteMs } from './times.ts';

const secondMs = 1000;

/** Lets one condition come and go for a while; looks whenever it changes, and every five minutes. */
const flap = (
  watcher: Watcher,
  code: string,
  severity: Severity,
  spans: Iterable<readonly [onMs: number, offMs: number]>,
  lengthMs: number,
): number => {
  let nowMs = startMs;
  let raised = 0;
  for (const [onMs, offMs] of spans) {
    raised++;
    const so = [conditionOf(code, 'nas', nowMs, { severity })];
    watcher.stay(nowMs, nowMs + onMs, so, 5 * minuteMs);
    watcher.stay(nowMs + onMs, nowMs + onMs + offMs, [], 5 * minuteMs);
    nowMs += onMs + offMs;
    if (nowMs >= startMs + lengthMs) break;
  }
  return raised;
};

const forever = function* (onMs: number, offMs: number): Generator<readonly [number, number]> {
  for (;;) yield [onMs, offMs];
};

/** The most messages within any 24 hours. */
const mostADay = (watcher: Watcher): number =>
  Math.max(
    0,
    ...watcher.messages.map(
      ({ atMs }) => watcher.messages.filter((other) => other.atMs >= atMs && other.atMs < atMs + dayMs).length,
    ),
  );

test.each([
  ['mirror-stuck', 'warning', 30, 30],
  ['mirror-stuck', 'warning', 6, 54],
  ['mirror-stuck', 'warning', 59, 1],
  ['run-failing', 'warning', 30, 30],
  ['overdue', 'critical', 30, 30],
  ['disk-failing', 'critical', 1, 59],
  ['mass-delete', 'critical', 45, 15],
] as const)(
  '%s (%s), which is so for %i s and not for %i s, 1,440 times a day, is told: at most five times',
  (code, severity, on, off) => {
    const watcher = new Watcher();
    const raised = flap(watcher, code, severity, forever(on * secondMs, off * secondMs), dayMs);
    expect(raised).toBe(1440);
    expect(watcher.messages.length).toBeGreaterThanOrEqual(1);
    expect(watcher.messages.length).toBeLessThanOrEqual(5);
    expect(watcher.messages.at(-1)?.title).toContain('on and off');
    expect(watcher.messages.at(-1)?.body).toMatch(/It comes and goes: it came back \d+ times\./);
    // It is over once, however often it was away for seconds.
    watcher.stay(startMs + dayMs, startMs + 2 * dayMs, [], 5 * minuteMs);
    expect(watcher.messages.filter(({ kind }) => kind === 'resolved')).toHaveLength(1);
  },
);

test('hours on and hours off, it is at most five messages a day too', () => {
  for (const hours of [0.5, 1, 2, 3, 6]) {
    const watcher = new Watcher({ remindMs: hourMs });
    flap(watcher, 'run-failing', 'warning', forever(hours * hourMs, hours * hourMs), 7 * dayMs);
    expect(mostADay(watcher)).toBeLessThanOrEqual(5);
    expect(watcher.messages.length).toBeGreaterThan(7);
  }
});

const anySpan = fc.oneof(
  fc.integer({ min: 1, max: 120 }).map((seconds) => seconds * secondMs),
  fc.integer({ min: 1, max: 90 }).map((minutes) => minutes * minuteMs),
  fc.integer({ min: 1, max: 30 }).map((hours) => hours * hourMs),
);
const anySpans = fc.array(fc.tuple(anySpan, anySpan), { minLength: 1, maxLength: 30 });
const anySeverity = fc.constantFrom<Severity>('critical', 'warning');

test('however it comes and goes, it is at most five messages in any 24 hours', () => {
  fc.assert(
    fc.property(anySpans, anySeverity, (spans, severity) => {
      const watcher = new Watcher();
      flap(watcher, 'mirror-stuck', severity, spans, 3 * dayMs);
      expect(mostADay(watcher)).toBeLessThanOrEqual(5);
    }),
    { numRuns: 50 },
  );
});

test('whatever was before: what stays so is told as soon as its deadline is over, and what is over in the end', () => {
  fc.assert(
    fc.property(anySpans, anySeverity, (spans, severity) => {
      const watcher = new Watcher();
      flap(watcher, 'mirror-stuck', severity, spans, 2 * dayMs);
      const lastMs = Math.max(startMs, ...watcher.alerts.map(({ seenMs }) => seenMs)) + minuteMs;
      const so = [conditionOf('mirror-stuck', 'nas', lastMs, { severity })];
      watcher.stay(lastMs, lastMs + 16 * minuteMs, so);
      expect(watcher.alerts.map(({ open }) => open)).toEqual([true]);
      watcher.stay(lastMs + 16 * minuteMs, lastMs + 26 * hourMs, [], 10 * minuteMs);
      expect(watcher.alerts.filter(({ open }) => open)).toEqual([]);
      expect(watcher.messages.at(-1)?.kind).toBe('resolved');
    }),
    { numRuns: 30 },
  );
});
