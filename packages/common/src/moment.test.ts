import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatMoment, parseExactMoment, parseMoment } from './moment.ts';

const now = new Date(2026, 10, 21, 12, 0, 0);

const timeOf = (text: string): Date => {
  const moment = parseMoment(text, now);
  if (!moment.ok || moment.value.kind !== 'time') throw new Error(`${text} is no time`);
  return new Date(moment.value.at);
};

describe('a moment as a person writes it', () => {
  test.each([
    ['2026-11-14', new Date(2026, 10, 14, 23, 59, 59, 999)],
    ['2024-02-29', new Date(2024, 1, 29, 23, 59, 59, 999)],
    ['2026-11-14 09:30', new Date(2026, 10, 14, 9, 30)],
    ['2026-11-14 9:30', new Date(2026, 10, 14, 9, 30)],
    ['2026-11-14T09:30:15', new Date(2026, 10, 14, 9, 30, 15)],
    ['2026-11-14T09:30:15.25', new Date(2026, 10, 14, 9, 30, 15, 250)],
    ['2026-11-14T09:30:00Z', new Date(Date.UTC(2026, 10, 14, 9, 30))],
    ['2026-11-14 09:30+02:00', new Date(Date.UTC(2026, 10, 14, 7, 30))],
    ['3d', new Date(2026, 10, 18, 12)],
    ['2h30m', new Date(2026, 10, 21, 9, 30)],
    ['  2026-11-14 ', new Date(2026, 10, 14, 23, 59, 59, 999)],
  ])('%j is read as it is meant', (text, meant) => {
    expect(timeOf(text)).toEqual(meant);
  });

  test('a day ends where the next begins, also when the clocks change that night', () => {
    const spring = timeOf('2026-03-29').getTime();
    expect(spring + 1).toBe(new Date(2026, 2, 30).getTime());
  });

  test('a place is one as berth prints it', () => {
    expect(parseMoment('2026110000001234', now)).toEqual({ ok: true, value: { kind: 'place', seq: 2026110000001234 } });
  });

  test.each([
    '',
    'yesterday',
    '2026-02-30',
    '2026-13-01',
    '2026-11-14 25:00',
    '14.11.2026',
    '0d',
    '-3d',
    '3',
    '20261114',
    '9999999999999999',
    '99999999999999999',
    '2026-11-14 09:30 CET',
    '2026-11-14; id',
  ])('%j is refused with a remedy', (text) => {
    expect(parseMoment(text, now)).toMatchObject({ ok: false, remedy: expect.stringContaining('2026-11-14') });
  });

  test('no text makes it fail', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseMoment(text, now)));
  });
});

describe('a moment on the wire', () => {
  test('comes back as it was sent', () => {
    const moment = fc.oneof(
      fc
        .date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
        .map((date) => ({ kind: 'time' as const, at: date.getTime() })),
      fc.integer({ min: 1e14, max: Number.MAX_SAFE_INTEGER }).map((seq) => ({ kind: 'place' as const, seq })),
    );
    fc.assert(
      fc.property(moment, (each) => {
        expect(parseExactMoment(formatMoment(each))).toEqual(each);
      }),
    );
  });

  test.each([
    '',
    '2026-11-14',
    '2026-11-14T09:30:00Z',
    '2026-11-14T09:30:00.000+01:00',
    '2026-11-14T09:30:00.000Z ',
    '2026-11-14T09:30:00.000Z\n',
    '2026-02-30T09:30:00.000Z',
    '2026-11-14T24:00:00.000Z',
    '3d',
    '9999999999999999',
    '0x10',
    '１２３４５６７８９０１２３４５',
  ])('%j is none', (text) => {
    expect(parseExactMoment(text)).toBeNull();
  });
});
