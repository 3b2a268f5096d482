import { describe, expect, test } from 'vitest';
import { plan } from './plan.ts';
import { again, allSlots, dayMs, hourMs, minuteMs, moved, night, peak, question, source } from './testing.ts';

const times = (slots: readonly { startsAtMs: number }[] | undefined): readonly string[] =>
  (slots ?? []).map(({ startsAtMs }) => new Date(startsAtMs).toISOString().slice(0, 16));

describe('where new sources go', () => {
  test('they are spread over their window instead of starting together', () => {
    const planned = plan(question(['a', 'b', 'c', 'd', 'e'].map((name) => source(name))));
    expect(peak(allSlots(planned))).toBe(1);
    expect(new Set([...planned.places.values()].map(({ minute }) => minute)).size).toBe(5);
    expect(planned.tight).toEqual([]);
  });

  test('a window that is just long enough is filled to the last minute', () => {
    const sixteen = Array.from({ length: 16 }, (_, index) => source(`h${index}`));
    expect(plan(question(sixteen, { concurrency: 1 })).tight).toEqual([]);
    expect(peak(allSlots(plan(question(sixteen, { concurrency: 1 }))))).toBe(1);
  });

  test('each has its slots of two days, with when its window closes', () => {
    const planned = plan(question([source('a')]));
    const slots = planned.slots.get('a') ?? [];
    expect(slots).toHaveLength(2);
    expect((slots[1]?.startsAtMs ?? 0) - (slots[0]?.startsAtMs ?? 0)).toBe(dayMs);
    expect(new Date(slots[0]?.closesAtMs ?? 0).toISOString()).toBe('2026-11-22T05:00:00.000Z');
    expect(slots[0]?.endsAtMs).toBe((slots[0]?.startsAtMs ?? 0) + 30 * minuteMs);
  });

  test('one that runs every six hours has four slots a day, six hours apart', () => {
    const slots = plan(question([source('a', { everyMs: 6 * hourMs, window: null })])).slots.get('a') ?? [];
    expect(slots).toHaveLength(8);
    for (const [index, slot] of slots.slice(1).entries()) {
      expect(slot.startsAtMs - (slots[index]?.startsAtMs ?? 0)).toBe(6 * hourMs);
    }
  });

  test('weekly ones get a day each, and know their next slot however far away it is', () => {
    const weekly = Array.from({ length: 7 }, (_, index) => source(`w${index}`, { everyMs: 7 * dayMs }));
    const planned = plan(question(weekly));
    expect(new Set([...planned.places.values()].map(({ day }) => day)).size).toBe(7);
    for (const slots of planned.slots.values()) expect(slots).toHaveLength(1);
  });

  test('a weekly one goes to another day when the emptiest has no room in one piece', () => {
    const short = { from: 0, to: 60 };
    const others = Array.from({ length: 7 }, (_, day) =>
      // One day has one short run in the middle of the window; the others have a long one at its end.
      source(`w${day}`, {
        ...{ everyMs: 7 * dayMs, window: short, lengthMs: (day === 4 ? 10 : 30) * minuteMs },
        place: { minute: day === 4 ? 25 : 30, day },
      }),
    );
    const added = source('x', { everyMs: 7 * dayMs, window: short });
    const planned = plan(question([...others, added], { concurrency: 1 }));
    expect(planned.tight).toEqual([]);
    expect(planned.places.get('x')?.day).not.toBe(4);
    expect(moved(plan(question(others, { concurrency: 1 })), planned)).toEqual([]);
  });

  test('a yearly one has a slot too', () => {
    const planned = plan(question([source('a', { everyMs: 365 * dayMs }), source('b', { everyMs: 11 * dayMs })]));
    const [slot] = planned.slots.get('a') ?? [];
    expect((slot?.startsAtMs ?? 0) - Date.parse('2026-11-21T14:00Z')).toBeLessThan(365 * dayMs);
  });

  test('when a source has a window that others have not, those leave it alone', () => {
    const narrow = { from: 120, to: 180 };
    const sources = [
      ...Array.from({ length: 4 }, (_, index) => source(`free${index}`, { window: null, lengthMs: 5 * hourMs })),
      ...['x', 'y'].map((name) => source(name, { window: narrow, lengthMs: hourMs })),
    ];
    expect(plan(question(sources, { concurrency: 1 })).tight).not.toEqual([]);
    expect(plan(question(sources)).tight).toEqual([]);
    expect(peak(allSlots(plan(question(sources))))).toBe(2);
  });
});

describe('what was planned yesterday', () => {
  const fleet = Array.from({ length: 12 }, (_, index) =>
    source(`h${index}`, { lengthMs: (10 + 5 * index) * minuteMs }),
  );
  const before = plan(question(fleet));

  test('stays where it is, tomorrow and after a restart in the middle of the night', () => {
    for (const now of ['2026-11-22T14:00Z', '2026-11-22T01:17Z', '2027-06-01T03:00Z']) {
      const after = plan(question(again(fleet, before), { nowMs: Date.parse(now) }));
      expect(moved(before, after)).toEqual([]);
    }
  });

  test('a host that is added moves nobody while there is room', () => {
    const after = plan(question([...again(fleet, before), source('a-new-one')]));
    expect(moved(before, after)).toEqual([]);
    expect(peak(allSlots(after))).toBe(2);
  });

  test('a run that has grown moves itself, not the short ones it now meets', () => {
    const grown = again(fleet, before).map((one) => (one.name === 'h11' ? { ...one, lengthMs: 2 * hourMs } : one));
    const after = plan(question(grown));
    expect(moved(before, after).length).toBeLessThanOrEqual(1);
    expect(peak(allSlots(after))).toBe(2);
    expect(after.tight).toEqual([]);
  });

  test('who no longer fits beside others, as fewer may run at once, moves', () => {
    const two = ['a', 'b'].map((name) => source(name, { place: { minute: 60, day: 0 } }));
    expect(moved(plan(question(two)), plan(question(two)))).toEqual([]);
    const alone = plan(question(two, { concurrency: 1 }));
    expect([...alone.places.values()].map(({ minute }) => minute).sort()).toEqual([30, 60]);
  });

  test('who gets another window goes to the nearest time in it', () => {
    const after = plan(question([{ ...source('a'), place: { minute: 1350, day: 0 }, window: { from: 0, to: 300 } }]));
    expect(after.places.get('a')).toEqual({ minute: 0, day: 0 });
  });

  test('who runs less often than before keeps its time of the day', () => {
    const after = plan(question([source('a', { everyMs: 3 * dayMs, place: { minute: 77, day: 0 } })]));
    expect(after.places.get('a')?.minute).toBe(77);
  });

  test('a host that needs one long piece is let in by moving few', () => {
    // Two lanes with half an hour in every hour: room for five hours, but nowhere three in one piece.
    const comb = Array.from({ length: 16 }, (_, index) =>
      source(`h${String(index).padStart(2, '0')}`, {
        place: { minute: (1320 + 30 + 60 * (index % 8)) % 1440, day: 0 },
      }),
    );
    const kept = plan(question(comb));
    expect(kept.tight).toEqual([]);
    const after = plan(question([...again(comb, kept), source('long', { lengthMs: 3 * hourMs })]));
    expect(after.tight).toEqual([]);
    expect(peak(allSlots(after))).toBe(2);
    expect(moved(kept, after).length).toBeLessThanOrEqual(4);
  });
});

describe('what can not be held', () => {
  test('a long run does not push out short ones that would then find no room', () => {
    const full = Array.from({ length: 15 }, (_, index) =>
      source(`h${index}`, { place: { minute: (1320 + 30 * index) % 1440, day: 0 } }),
    );
    const before = plan(question(full, { concurrency: 1 }));
    const after = plan(
      question([...again(full, before), source('long', { lengthMs: 3 * hourMs })], { concurrency: 1 }),
    );
    expect(after.tight.map(({ sources }) => sources)).toEqual([['long']]);
    expect(moved(before, after)).toEqual([]);
  });

  test('is said, with who, how much, and what to do', () => {
    const twenty = Array.from({ length: 20 }, (_, index) => source(`h${String(index).padStart(2, '0')}`));
    const planned = plan(question(twenty, { concurrency: 1 }));
    expect(planned.tight).toHaveLength(1);
    expect(planned.tight[0]?.sources).toHaveLength(4);
    expect(planned.tight[0]?.text).toBe(
      'The window 22:00-06:00 does not hold all that should run in it, 1 at once: its 20 sources need about 10 h a day, and h16, h17, h18, h19 do not fit. They run all the same, but later.',
    );
    expect(planned.tight[0]?.remedy).toContain('concurrency');
    for (const slots of planned.slots.values()) expect(slots).toHaveLength(2);
  });

  test('does not move anybody from day to day', () => {
    const twenty = Array.from({ length: 20 }, (_, index) => source(`h${index}`));
    const before = plan(question(twenty, { concurrency: 1 }));
    const after = plan(question(again(twenty, before), { concurrency: 1, nowMs: Date.parse('2026-11-22T14:00Z') }));
    expect(moved(before, after)).toEqual([]);
  });

  test('a run that is longer than its window starts when it opens, and is said', () => {
    const planned = plan(question([source('big', { lengthMs: 10 * hourMs }), source('small')]));
    expect(times(planned.slots.get('big'))[0]).toBe('2026-11-21T21:00');
    expect(planned.tight).toEqual([
      {
        sources: ['big'],
        text: 'big takes about 10 h, and its window 22:00-06:00 is 8 h long: it starts when the window opens, and ends after it closes.',
        remedy: 'Give big a longer window in sources.yaml, or let it back up less.',
      },
    ]);
  });

  test('so is a run that is longer than its own period', () => {
    const [tight] = plan(question([source('busy', { everyMs: hourMs, window: null, lengthMs: 2 * hourMs })])).tight;
    expect(tight?.text).toBe('busy takes about 2 h, longer than from one of its runs to the next.');
  });
});

test('the order in which sources are named changes nothing', () => {
  const fleet = Array.from({ length: 40 }, (_, index) =>
    source(`h${index}`, { lengthMs: (1 + ((index * 37) % 50)) * minuteMs, window: index % 3 === 0 ? null : night }),
  );
  const one = plan(question(fleet));
  const other = plan(question([...fleet].reverse()));
  expect([...other.places].sort()).toEqual([...one.places].sort());
  expect(other.tight).toEqual(one.tight);
});
