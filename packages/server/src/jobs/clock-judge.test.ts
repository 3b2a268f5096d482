import { describe, expect, test } from 'vitest';
import { type ClockSample, type ClockState, judgeClock, trustFrom, trustNothing } from './clock-judge.ts';

const hour = 3_600_000;
const day = 24 * hour;
const year = 365 * day;
const noon = Date.parse('2026-11-14T12:00:00Z');

/** `afterMs` later, with the wall clock `aheadMs` ahead, on a boot that began `bootedMs` after the first sample. */
const sample = (
  afterMs: number,
  aheadMs = 0,
  boot: { readonly id: string; readonly at: number } = { id: 'a', at: -hour },
): ClockSample => ({
  wallMs: noon + afterMs + aheadMs,
  bootTimeMs: afterMs - boot.at,
  bootId: boot.id,
});
const begun = trustFrom(sample(0));
const judgeAll = (state: ClockState, ...samples: readonly ClockSample[]): ClockState =>
  samples.reduce((known, now) => judgeClock(known, now), state);
const isTrusted = ({ jump }: ClockState): boolean => jump === null;

describe('while the machine runs', () => {
  test('a clock that goes as time goes is trusted, however long nobody looked', () => {
    expect(isTrusted(judgeAll(begun, sample(100 * day)))).toBe(true);
  });

  test('steps of hours are no jump', () => {
    expect(isTrusted(judgeAll(begun, sample(hour, 23 * hour), sample(2 * hour, -23 * hour)))).toBe(true);
  });

  test.each([10 * year, 25 * hour, -25 * hour, -10 * year])('a step of %i ms is a jump of so much', (by) => {
    expect(judgeAll(begun, sample(hour, by)).jump).toMatchObject({ byMs: by, before: begun.anchor });
  });

  test('many small steps add up', () => {
    const steps = Array.from({ length: 30 }, (_, index) => sample(index * hour, index * hour));
    expect(isTrusted(judgeAll(begun, ...steps))).toBe(false);
  });
});

describe('across a boot', () => {
  const later = { id: 'b', at: 20 * hour };

  test('a machine that was off for less than a day is trusted, and so is the count since that boot', () => {
    expect(isTrusted(judgeAll(begun, sample(20 * hour, 0, later)))).toBe(true);
    expect(isTrusted(judgeAll(begun, sample(90 * day, 0, later)))).toBe(true);
  });

  test('one that was off for longer has to be confirmed', () => {
    expect(judgeAll(begun, sample(26 * hour, 0, { id: 'b', at: 26 * hour })).jump?.byMs).toBe(26 * hour);
  });

  test('a clock without a battery has jumped', () => {
    const boot = sample(20 * hour, -56 * year, later);
    expect(isTrusted(judgeAll(begun, boot))).toBe(false);
  });

  test('and is trusted again once NTP has set it right, by itself', () => {
    const boot = sample(20 * hour, -56 * year, later);
    expect(isTrusted(judgeAll(begun, boot, sample(20 * hour + 60_000, 0, later)))).toBe(true);
  });
});

describe('a clock that has jumped', () => {
  const jumped = judgeAll(begun, sample(hour, 10 * year));

  test('stays so though it goes on as time goes, over a boot too', () => {
    expect(isTrusted(judgeAll(jumped, sample(2 * hour, 10 * year), sample(40 * day, 10 * year)))).toBe(false);
    const after = sample(3 * hour, 10 * year, { id: 'b', at: 2.5 * hour });
    expect(isTrusted(judgeAll(jumped, after, sample(9 * hour, 10 * year, { id: 'b', at: 2.5 * hour })))).toBe(false);
  });

  test('is trusted again when it is back where it was, and not when it is merely nearer', () => {
    expect(isTrusted(judgeAll(jumped, sample(2 * hour, 2 * hour)))).toBe(false);
    expect(isTrusted(judgeAll(jumped, sample(40 * day)))).toBe(true);
    expect(judgeAll(jumped, sample(40 * day)).anchor).toEqual(begun.anchor);
  });

  test('is trusted when an admin confirms it, from there on', () => {
    const confirmed = trustFrom(sample(2 * hour, 10 * year));
    expect(isTrusted(judgeAll(confirmed, sample(3 * hour, 10 * year)))).toBe(true);
    expect(isTrusted(judgeAll(confirmed, sample(4 * hour)))).toBe(false);
  });
});

test('when what was known is lost, only an admin ends the freeze', () => {
  expect(isTrusted(judgeAll(trustNothing(sample(0)), sample(hour)))).toBe(false);
});
