import { expect, test } from 'vitest';
import { localTime } from './local-time.ts';
import { type Cadence, runsOn } from './runs.ts';
import { dayMs } from './testing.ts';

const iso = (utcMs: number | undefined): string => new Date(utcMs ?? 0).toISOString().slice(5, 16);
const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

const runOn = (timeZone: string, date: string, window: string, at: string) => {
  const [from = '', to = ''] = window.split('-');
  const cadence: Cadence = {
    everyMs: dayMs,
    window: { from: minuteOf(from), to: minuteOf(to) },
    place: { minute: minuteOf(at), day: 0 },
  };
  const [run] = runsOn(localTime(timeZone), Date.parse(date) / dayMs, cadence);
  return [iso(run?.startsAtMs), iso(run?.window?.opensAtMs), iso(run?.window?.closesAtMs)];
};

test.each([
  [
    'a usual night, before midnight',
    'Europe/Berlin',
    '2026-11-21',
    '22:00-06:00',
    '23:00',
    ['11-21T22:00', '11-21T21:00', '11-22T05:00'],
  ],
  [
    'a usual night, after midnight',
    'Europe/Berlin',
    '2026-11-22',
    '22:00-06:00',
    '01:00',
    ['11-22T00:00', '11-21T21:00', '11-22T05:00'],
  ],
  [
    'an hour less',
    'Europe/Berlin',
    '2027-03-28',
    '22:00-06:00',
    '02:30',
    ['03-28T01:30', '03-27T21:00', '03-28T04:00'],
  ],
  [
    'an hour more',
    'Europe/Berlin',
    '2026-10-25',
    '22:00-06:00',
    '02:30',
    ['10-25T00:30', '10-24T20:00', '10-25T05:00'],
  ],
  [
    'opens in the hour that comes twice: the second time, or it would close again',
    'Europe/Berlin',
    '2026-10-25',
    '02:15-06:00',
    '03:00',
    ['10-25T02:00', '10-25T01:15', '10-25T05:00'],
  ],
  [
    'closes in it: the first time',
    'Europe/Berlin',
    '2026-10-25',
    '22:00-02:15',
    '01:00',
    ['10-24T23:00', '10-24T20:00', '10-25T00:15'],
  ],
  [
    'lies in it: the first time',
    'Europe/Berlin',
    '2026-10-25',
    '02:15-02:45',
    '02:20',
    ['10-25T00:20', '10-25T00:15', '10-25T00:45'],
  ],
  [
    'opens in the hour that is skipped',
    'Europe/Berlin',
    '2027-03-28',
    '02:15-06:00',
    '04:00',
    ['03-28T02:00', '03-28T01:00', '03-28T04:00'],
  ],
  [
    'closes in it',
    'Europe/Berlin',
    '2027-03-28',
    '22:00-02:15',
    '01:00',
    ['03-28T00:00', '03-27T21:00', '03-28T01:00'],
  ],
  [
    'lies in it: as long as usual, after the change',
    'Europe/Berlin',
    '2027-03-28',
    '02:15-02:45',
    '02:20',
    ['03-28T01:20', '03-28T01:00', '03-28T01:30'],
  ],
  [
    'half an hour more',
    'Australia/Lord_Howe',
    '2027-04-04',
    '01:45-03:00',
    '02:30',
    ['04-03T16:00', '04-03T15:15', '04-03T16:30'],
  ],
  [
    'half an hour less',
    'Australia/Lord_Howe',
    '2026-10-04',
    '02:15-03:00',
    '02:45',
    ['10-03T15:45', '10-03T15:30', '10-03T16:00'],
  ],
])('%s', (_, timeZone, date, window, at, expected) => {
  expect(runOn(timeZone, date, window, at)).toEqual(expected);
});

test('a source runs on its own days only', () => {
  const weekly: Cadence = { everyMs: 7 * dayMs, window: null, place: { minute: 0, day: 3 } };
  const days = Array.from({ length: 15 }, (_, day) => runsOn(localTime('UTC'), day, weekly).length);
  expect(days.flatMap((runs, day) => (runs > 0 ? [day] : []))).toEqual([3, 10]);
});
