import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PlanSource, plan } from './plan.ts';
import {
  again,
  allSlots,
  clockIn,
  dayMs,
  hourMs,
  isWithin,
  minuteMs,
  moved,
  night,
  peak,
  question,
  source,
} from './testing.ts';
import { type Window, windowMinutes } from './window.ts';

const windows: readonly (Window | null)[] = [night, { from: 60, to: 360 }, { from: 540, to: 1020 }, null];
const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC'] as const;

const anySource = (index: number): fc.Arbitrary<PlanSource> =>
  fc.oneof(
    fc
      .record({
        window: fc.constantFrom(...windows),
        everyMs: fc.constantFrom(dayMs, dayMs, dayMs, 2 * dayMs, 7 * dayMs, 36 * hourMs),
        minutes: fc.integer({ min: 1, max: 120 }),
      })
      .map(({ minutes, ...rest }) => source(`h${index}`, { ...rest, lengthMs: minutes * minuteMs })),
    fc
      .record({ everyMs: fc.constantFrom(4 * hourMs, 12 * hourMs), minutes: fc.integer({ min: 1, max: 30 }) })
      .map(({ everyMs, minutes }) => source(`h${index}`, { everyMs, window: null, lengthMs: minutes * minuteMs })),
  );

const anyFleet = (most: number): fc.Arbitrary<readonly PlanSource[]> =>
  fc
    .integer({ min: 1, max: most })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, at) => anySource(at))));

const anyMoment = fc.integer({ min: Date.parse('2026-09-01T00:00Z'), max: Date.parse('2027-12-31T00:00Z') });

const minutesADay = ({ everyMs, lengthMs }: PlanSource): number => (lengthMs / minuteMs) * Math.max(1, dayMs / everyMs);

/** So many at once that no window is more than two thirds full, were nothing else in its hours and everything daily. */
const comfortable = (sources: readonly PlanSource[]): number => {
  const total = sources.reduce((sum, one) => sum + minutesADay(one), 0);
  const narrowest = Math.min(...sources.map(({ window }) => (window === null ? 1440 : windowMinutes(window))));
  return Math.max(1, Math.ceil((total / narrowest) * 1.5));
};

const anyQuestion = fc
  .record({ sources: anyFleet(25), nowMs: anyMoment, timeZone: fc.constantFrom(...zones) })
  .map(({ sources, ...rest }) => question(sources, { ...rest, concurrency: comfortable(sources) }));

test('while the windows can comfortably hold it, never more run at once than may, and nothing is tight', () => {
  fc.assert(
    fc.property(anyQuestion, (asked) => {
      const planned = plan(asked);
      expect(planned.tight).toEqual([]);
      expect(peak(allSlots(planned))).toBeLessThanOrEqual(asked.concurrency);
    }),
    { numRuns: 30 },
  );
});

test('whatever is asked, each source has its next slot, from now on and ascending, begins in its window, and has a place', () => {
  const clocks = new Map(zones.map((zone) => [zone as string, clockIn(zone)]));
  fc.assert(
    fc.property(anyQuestion, fc.integer({ min: 1, max: 4 }), (asked, concurrency) => {
      const planned = plan({ ...asked, concurrency });
      for (const { name, everyMs, window } of asked.sources) {
        const slots = planned.slots.get(name) ?? [];
        expect(planned.places.has(name)).toBe(true);
        expect(slots[0]?.startsAtMs).toBeGreaterThanOrEqual(asked.nowMs);
        expect(slots[0]?.startsAtMs).toBeLessThanOrEqual(asked.nowMs + Math.max(everyMs, dayMs) + dayMs);
        for (const [index, slot] of slots.entries()) {
          if (index > 0) expect(slot.startsAtMs).toBeGreaterThan(slots[index - 1]?.startsAtMs ?? 0);
          if (window !== null) expect(isWithin(clocks.get(asked.timeZone)?.(slot.startsAtMs) ?? -1, window)).toBe(true);
        }
      }
    }),
    { numRuns: 30 },
  );
});

test('the same question has the same answer, in whatever order', () => {
  fc.assert(
    fc.property(anyQuestion, (asked) => {
      const one = plan(asked);
      const other = plan({ ...asked, sources: [...asked.sources].reverse() });
      expect([...other.slots].sort()).toEqual([...one.slots].sort());
    }),
    { numRuns: 15 },
  );
});

test('an hour, a day, a month later everybody is where it was', () => {
  fc.assert(
    fc.property(anyQuestion, fc.constantFrom(hourMs, dayMs, 30 * dayMs), (asked, laterMs) => {
      const before = plan(asked);
      const after = plan({ ...asked, nowMs: asked.nowMs + laterMs, sources: again(asked.sources, before) });
      expect(moved(before, after)).toEqual([]);
    }),
    { numRuns: 20 },
  );
});

test('one that is added moves nobody while there is room in one piece, and breaks nothing when there is not', () => {
  fc.assert(
    fc.property(anyQuestion, anySource(99), (asked, added) => {
      const before = plan(asked);
      const sources = [...again(asked.sources, before), added];
      const roomy = plan({ ...asked, sources, concurrency: asked.concurrency + 1 });
      expect(moved(before, roomy)).toEqual([]);
      // Where it fits only when everything is packed anew, many may move; how seldom that is, bench:slots shows.
      const after = plan({ ...asked, sources });
      if (after.tight.length === 0) expect(peak(allSlots(after))).toBeLessThanOrEqual(asked.concurrency);
    }),
    { numRuns: 25 },
  );
});

test('a thousand sources of all kinds find room, and stay there when one more comes', () => {
  // How long ten thousand take is measured by bench:slots.
  const fleet = Array.from({ length: 1000 }, (_, index) =>
    source(`h${index}`, {
      window: index % 3 === 0 ? null : night,
      everyMs: index % 10 === 0 ? 7 * dayMs : dayMs,
      lengthMs: (5 + ((index * 7919) % 55)) * minuteMs,
    }),
  );
  const before = plan(question(fleet, { concurrency: 56 }));
  expect(before.tight).toEqual([]);
  const after = plan(question([...again(fleet, before), source('new')], { concurrency: 56 }));
  expect(moved(before, after)).toEqual([]);
  expect(peak(allSlots(after))).toBeLessThanOrEqual(56);
});
