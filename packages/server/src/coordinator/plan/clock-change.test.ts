import { describe, expect, test } from 'vitest';
import { plan } from './plan.ts';
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
import type { Window } from './window.ts';

/** Nights on which a clock is changed: the noon before in UTC, and what becomes of the hours. */
const nights: readonly (readonly [string, string, 'shorter' | 'longer'])[] = [
  ['Europe/Berlin', '2027-03-27T12:00Z', 'shorter'],
  ['Europe/Berlin', '2026-10-24T12:00Z', 'longer'],
  ['America/New_York', '2027-03-13T18:00Z', 'shorter'],
  ['America/New_York', '2026-10-31T18:00Z', 'longer'],
  ['Australia/Sydney', '2026-10-03T02:00Z', 'shorter'],
  ['Australia/Sydney', '2027-04-03T02:00Z', 'longer'],
  ['Australia/Lord_Howe', '2026-10-03T02:00Z', 'shorter'],
  ['Australia/Lord_Howe', '2027-04-03T02:00Z', 'longer'],
  ['America/Santiago', '2026-09-05T16:00Z', 'shorter'],
  ['America/Santiago', '2027-04-03T16:00Z', 'longer'],
];

const windows: readonly Window[] = [night, { from: 60, to: 240 }, { from: 135, to: 285 }, { from: 1380, to: 145 }];

describe.each(nights)('%s, from %s on, the night is %s', (timeZone, at) => {
  const nowMs = Date.parse(at);
  // Placed long before, on a night of the usual length.
  const fleet = Array.from({ length: 20 }, (_, index) =>
    source(`h${String(index).padStart(2, '0')}`, {
      lengthMs: (5 + (index % 4) * 5) * minuteMs,
      window: index % 5 === 4 ? null : (windows[index % 4] ?? null),
    }),
  );
  const usual = plan(question(fleet, { timeZone, nowMs: nowMs - 40 * dayMs }));
  const thatNight = plan(question(again(fleet, usual), { timeZone, nowMs }));

  test('never more run at once than may', () => {
    expect(usual.tight).toEqual([]);
    expect(thatNight.tight).toEqual([]);
    expect(peak(allSlots(thatNight))).toBeLessThanOrEqual(2);
  });

  test('each that has a window has one slot a night, in it by the clock on the wall, from its first minute to its last', () => {
    const clock = clockIn(timeZone);
    for (const { name, window } of fleet) {
      const slots = thatNight.slots.get(name) ?? [];
      if (window === null) continue;
      expect(slots).toHaveLength(2);
      for (const { startsAtMs, endsAtMs, closesAtMs } of slots) {
        for (let minute = startsAtMs; minute < endsAtMs; minute += minuteMs) {
          expect(isWithin(clock(minute), window), `${name} at ${new Date(minute).toISOString()}`).toBe(true);
        }
        expect(endsAtMs).toBeLessThanOrEqual(closesAtMs ?? 0);
        expect(isWithin(clock(closesAtMs ?? 0), window)).toBe(false);
        expect(isWithin(clock((closesAtMs ?? 0) - 1), window)).toBe(true);
      }
    }
  });

  test('most are where they always are, and the night after all are', () => {
    expect(moved(usual, thatNight)).toEqual([]);
    const clock = clockIn(timeZone);
    const isAway = (from: number, to: number): readonly string[] =>
      allSlots(thatNight)
        .filter(({ startsAtMs }) => startsAtMs >= nowMs + from && startsAtMs < nowMs + to)
        .filter(({ name, startsAtMs }) => clock(startsAtMs) !== usual.places.get(name)?.minute)
        .map(({ name }) => name);
    expect(isAway(0, dayMs).length).toBeLessThanOrEqual(8);
    expect(isAway(dayMs + hourMs, 2 * dayMs)).toEqual([]);
  });

  test.each([15, 60, 90, 360])('a source that runs every %d minutes has no gap and no doubles', (every) => {
    const often = plan(
      question([source('a', { everyMs: every * minuteMs, window: null, lengthMs: minuteMs })], { timeZone, nowMs }),
    );
    const slots = often.slots.get('a') ?? [];
    expect(slots.length).toBeGreaterThanOrEqual((2 * dayMs) / (every * minuteMs) - 1);
    for (const [index, slot] of slots.slice(1).entries()) {
      const apart = (slot.startsAtMs - (slots[index]?.startsAtMs ?? 0)) / minuteMs;
      expect(apart).toBeGreaterThan(every * 0.8);
      expect(apart).toBeLessThan(every * 1.2);
    }
  });
});

test('who meets others because an hour is skipped goes to the nearest room, that night alone', () => {
  const at = (name: string, minute: number) => source(name, { place: { minute, day: 0 }, lengthMs: hourMs });
  const fleet = [at('a', 60), at('b', 120), at('c', 180), at('d', 240)];
  const planned = plan(question(fleet, { concurrency: 1, nowMs: Date.parse('2027-03-27T12:00Z') }));
  const times = fleet.map(({ name }) =>
    (planned.slots.get(name) ?? []).map(({ startsAtMs }) => new Date(startsAtMs).toISOString().slice(8, 16)),
  );
  // 02:00 is skipped, so b would begin at 03:00 with c: one of them takes the hour before a, which is free.
  expect(peak(allSlots(planned))).toBe(1);
  expect(planned.tight).toEqual([]);
  expect(times.filter(([first, second]) => first?.slice(3) !== second?.slice(3)).length).toBeGreaterThan(0);
  expect(times.map(([, second]) => second)).toEqual(['28T23:00', '29T00:00', '29T01:00', '29T02:00']);
});

test('a window that lies in the hour that does not exist opens when the clock is changed, for as long as usual', () => {
  const [slot] = plan(
    question([source('a', { window: { from: 130, to: 170 } })], { nowMs: Date.parse('2027-03-27T12:00Z') }),
  ).slots.get('a') ?? [undefined];
  expect(slot?.startsAtMs).toBeGreaterThanOrEqual(Date.parse('2027-03-28T01:00Z'));
  expect(new Date(slot?.closesAtMs ?? 0).toISOString()).toBe('2027-03-28T01:40:00.000Z');
});

test('a window that the short night leaves too little of is said, and nobody is lost', () => {
  const three = ['a', 'b', 'c', 'd'].map((name) => source(name, { window: { from: 60, to: 180 } }));
  const usual = plan(question(three, { concurrency: 1 }));
  expect(usual.tight).toEqual([]);
  const short = plan(question(again(three, usual), { concurrency: 1, nowMs: Date.parse('2027-03-27T12:00Z') }));
  expect(short.tight[0]?.text).toContain('In the nights to come');
  expect(short.tight[0]?.sources).toHaveLength(2);
  for (const slots of short.slots.values()) expect(slots).toHaveLength(2);
  expect(moved(usual, short)).toEqual([]);
});
