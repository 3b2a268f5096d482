import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Severity } from '../events/condition.ts';
import { limits } from './brake.ts';
import { rules } from './rules.ts';
import { conditionOf, startMs, Watcher } from './testing.ts';
import { dayMs, hourMs, minuteMs } from './times.ts';

const codes = Object.keys(rules);

test('10,000 conditions at once, whatever they are, are few messages, and so is their end', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...codes, 'new-one', 'another'), { minLength: 1, maxLength: 40 }),
      fc.array(fc.constantFrom<Severity>('critical', 'warning', 'notice'), { minLength: 1, maxLength: 5 }),
      (some, severities) => {
        const watcher = new Watcher();
        const conditions = Array.from({ length: 10_000 }, (_, index) =>
          conditionOf(some[index % some.length] ?? '', `m${index}`, startMs, {
            severity: severities[index % severities.length] ?? 'warning',
          }),
        );
        watcher.stay(startMs, startMs + 125 * minuteMs, conditions, 31 * minuteMs);
        expect(watcher.messages.length).toBeLessThanOrEqual(new Set(some).size + 3);
        expect(watcher.alerts.filter(({ open, members }) => !open && members.length > 0)).toEqual([]);
        const end = watcher.stay(startMs + 125 * minuteMs, startMs + 250 * minuteMs, [], 31 * minuteMs);
        expect(end.length).toBeLessThanOrEqual(new Set(some).size + 3);
      },
    ),
    { numRuns: 2 },
  );
});

test('a thousand troubles of a thousand kinds: some one by one, the rest in one message, and nothing is missed', () => {
  const watcher = new Watcher();
  const conditions = Array.from({ length: 1000 }, (_, index) => conditionOf(`trouble-${index}`, 'laptop', startMs));
  watcher.stay(startMs, startMs + hourMs, conditions, 5 * minuteMs);
  const { mostAnHour } = limits.warning;
  expect(watcher.messages).toHaveLength(mostAnHour + 1);
  expect(watcher.messages.at(-1)).toMatchObject({ title: '990 more to look at', code: null });
  expect(watcher.messages.at(-1)?.body).toContain('and 950 more: type on the server: berth-server status');
  expect(watcher.alerts.filter(({ open }) => open)).toHaveLength(1000);
  watcher.stay(startMs + hourMs, startMs + dayMs, conditions, 30 * minuteMs);
  expect(watcher.messages).toHaveLength(mostAnHour + 1);
});

test('critical ones beyond the brake are told together at once, and again ten minutes later', () => {
  const watcher = new Watcher();
  for (let minutes = 0; minutes < 30; minutes++) {
    const so = Array.from({ length: 30 + minutes }, (_, index) =>
      conditionOf(`trouble-${index}`, 'laptop', startMs, { severity: 'critical' }),
    );
    watcher.look(startMs + minutes * minuteMs, so);
  }
  const together = watcher.messages.slice(limits.critical.mostAnHour);
  expect(together.map(({ title, atMs }) => `${(atMs - startMs) / minuteMs}: ${title}`)).toEqual([
    '1: 11 more to look at',
    '11: 10 more to look at',
    '21: 10 more to look at',
  ]);
});

test('what is critical is not held back by a flood of what is not', () => {
  const watcher = new Watcher();
  const flood = Array.from({ length: 1000 }, (_, index) => conditionOf(`trouble-${index}`, 'laptop', startMs));
  watcher.stay(startMs, startMs + 20 * minuteMs, flood);
  const worse = conditionOf('mass-delete', 'desktop', startMs + 20 * minuteMs, { severity: 'critical' });
  expect(watcher.look(startMs + 20 * minuteMs, [...flood, worse])).toMatchObject([{ code: 'mass-delete' }]);
});

test('day after day of new troubles never makes more messages than the brake allows', () => {
  const watcher = new Watcher();
  for (let minutes = 0; minutes < 24 * 60; minutes += 5) {
    const nowMs = startMs + minutes * minuteMs;
    const so = Array.from({ length: 20 }, (_, index) => {
      const number = Math.floor(minutes / 20) + index;
      return conditionOf(`trouble-${number}`, 'laptop', startMs + (number - 20) * 20 * minuteMs);
    });
    watcher.look(nowMs, so);
  }
  for (const { atMs } of watcher.messages) {
    const hour = watcher.messages.filter((other) => other.atMs >= atMs && other.atMs < atMs + hourMs);
    expect(hour.length).toBeLessThanOrEqual(limits.warning.mostAnHour + 1);
  }
});
