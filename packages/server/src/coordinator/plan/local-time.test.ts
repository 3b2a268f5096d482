import { describe, expect, test } from 'vitest';
import { isTimeZone, localTime } from './local-time.ts';

const dayMs = 86_400_000;
const dayOf = (date: string): number => Date.parse(date) / dayMs;
const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
const iso = (utcMs: number): string => new Date(utcMs).toISOString().slice(0, 16);

const zones = [
  ...['Europe/Berlin', 'America/New_York', 'America/Santiago', 'Australia/Sydney', 'Australia/Lord_Howe'],
  ...['Africa/Cairo', 'Africa/Casablanca', 'Asia/Kathmandu', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'UTC'],
];

test.each(zones)(
  '%s: the hours of a year and a half has the clock that the runtime shows, and is found again',
  (zone) => {
    const time = localTime(zone);
    const shown = new Intl.DateTimeFormat('en-CA', {
      ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit' },
    });
    for (let at = Date.parse('2026-09-01T00:15Z'); at < Date.parse('2028-01-01T00:00Z'); at += 31 * 3_600_000) {
      const { day, minute } = time.wallAt(at);
      const clock = `${new Date(day * dayMs).toISOString().slice(0, 10)}, ${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
      expect(clock).toBe(shown.format(at));
      const { first, last, skippedTo } = time.utcOf(day, minute);
      expect([first, last]).toContain(at);
      expect(skippedTo).toBeNull();
    }
  },
);

describe('the hour that does not exist in spring', () => {
  test.each([
    ['Europe/Berlin', '2027-03-28', '02:30', '2027-03-28T01:30', '2027-03-28T01:00'],
    ['America/New_York', '2027-03-14', '02:00', '2027-03-14T07:00', '2027-03-14T07:00'],
    ['Australia/Sydney', '2026-10-04', '02:59', '2026-10-03T16:59', '2026-10-03T16:00'],
    ['Australia/Lord_Howe', '2026-10-04', '02:10', '2026-10-03T15:40', '2026-10-03T15:30'],
    ['America/Santiago', '2026-09-06', '00:30', '2026-09-06T04:30', '2026-09-06T04:00'],
  ])('%s %s %s is %s, skipped to %s', (zone, date, clock, at, change) => {
    const { first, last, skippedTo } = localTime(zone).utcOf(dayOf(date), minuteOf(clock));
    expect([iso(first), iso(last), iso(skippedTo ?? 0)]).toEqual([at, at, change]);
  });

  test('what is before and after it is there once', () => {
    const { utcOf } = localTime('Europe/Berlin');
    const day = dayOf('2027-03-28');
    expect(iso(utcOf(day, minuteOf('01:59')).last)).toBe('2027-03-28T00:59');
    expect(iso(utcOf(day, minuteOf('03:00')).first)).toBe('2027-03-28T01:00');
    expect(utcOf(day, minuteOf('03:00')).skippedTo).toBeNull();
  });
});

describe('the hour that comes twice in autumn', () => {
  test.each([
    ['Europe/Berlin', '2026-10-25', '02:30', '2026-10-25T00:30', '2026-10-25T01:30'],
    ['America/New_York', '2026-11-01', '01:00', '2026-11-01T05:00', '2026-11-01T06:00'],
    ['Australia/Sydney', '2027-04-04', '02:59', '2027-04-03T15:59', '2027-04-03T16:59'],
    ['Australia/Lord_Howe', '2027-04-04', '01:45', '2027-04-03T14:45', '2027-04-03T15:15'],
    ['America/Santiago', '2027-04-03', '23:30', '2027-04-04T02:30', '2027-04-04T03:30'],
  ])('%s %s %s is %s and %s', (zone, date, clock, first, last) => {
    const found = localTime(zone).utcOf(dayOf(date), minuteOf(clock));
    expect([iso(found.first), iso(found.last)]).toEqual([first, last]);
  });

  test('half an hour in Lord Howe: 01:15 comes once', () => {
    const { first, last } = localTime('Australia/Lord_Howe').utcOf(dayOf('2027-04-04'), minuteOf('01:15'));
    expect(first).toBe(last);
  });
});

test('minutes go over the ends of their day', () => {
  const { utcOf } = localTime('Europe/Berlin');
  expect(utcOf(dayOf('2026-11-21'), 1440 + 60)).toEqual(utcOf(dayOf('2026-11-22'), 60));
  expect(utcOf(dayOf('2026-11-21'), -60)).toEqual(utcOf(dayOf('2026-11-20'), 1380));
});

test('a zone that nobody has is refused', () => {
  expect([isTimeZone('Europe/Berlin'), isTimeZone('Europe/Berlim'), isTimeZone('')]).toEqual([true, false, false]);
  expect(() => localTime('Europe/Berlim')).toThrow(RangeError);
});
