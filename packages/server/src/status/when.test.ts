import { describe, expect, test } from 'vitest';
import { agoWords, slotWords } from './when.ts';

const now = Date.parse('2026-11-14T12:00:00Z'); // a Saturday
const minute = 60_000;
const hour = 60 * minute;

describe('how long ago', () => {
  test.each([
    [-hour, 'just now'],
    [59_000, 'just now'],
    [minute, '1 min ago'],
    [89 * minute, '89 min ago'],
    [2.9 * hour, '2 h ago'],
    [47 * hour, '47 h ago'],
    [48 * hour, '2 d ago'],
    [45 * 24 * hour, '45 d ago'],
  ])('%d ms is said as %s', (ago, words) => {
    expect(agoWords(now - ago, now)).toBe(words);
  });
});

describe('when it will be', () => {
  const words = (at: string, from = '2026-11-14T12:00:00Z', zone = 'Europe/Berlin'): string =>
    slotWords(Date.parse(at), Date.parse(from), zone);

  test('is by the clock of the zone, and what has passed is due now', () => {
    expect(words('2026-11-14T12:00:00Z')).toBe('due now');
    expect(words('2026-11-14T13:10:00Z')).toBe('today 14:10');
    expect(words('2026-11-14T13:10:00Z', undefined, 'UTC')).toBe('today 13:10');
  });

  test('is tonight until six in the morning', () => {
    expect(words('2026-11-14T17:00:00Z')).toBe('tonight 18:00');
    expect(words('2026-11-15T02:10:00Z')).toBe('tonight 03:10');
    expect(words('2026-11-15T02:10:00Z', '2026-11-15T00:30:00Z')).toBe('tonight 03:10');
    // By that clock it is 23:30, and then 00:10.
    expect(words('2026-11-14T23:10:00Z', '2026-11-14T22:30:00Z')).toBe('tonight 00:10');
    expect(words('2026-11-15T05:00:00Z')).toBe('Sun 06:00');
  });

  test('is another night for whoever asks before dawn', () => {
    expect(words('2026-11-16T02:10:00Z', '2026-11-15T03:00:00Z')).toBe('Mon 03:10');
  });

  test('names the day of the coming week, and then the date', () => {
    expect(words('2026-11-16T02:10:00Z')).toBe('Mon 03:10');
    expect(words('2026-11-20T02:10:00Z')).toBe('Fri 03:10');
    // A week on, the same weekday could be read as tomorrow.
    expect(words('2026-11-21T13:10:00Z')).toBe('21 Nov 14:10');
    expect(words('2026-12-05T02:10:00Z')).toBe('5 Dec 03:10');
  });

  test('is right in the nights that are an hour shorter or longer', () => {
    expect(words('2027-03-28T01:10:00Z', '2027-03-27T12:00:00Z')).toBe('tonight 03:10');
    expect(words('2026-10-25T01:10:00Z', '2026-10-24T12:00:00Z')).toBe('tonight 02:10');
    expect(words('2026-10-25T22:30:00Z', '2026-10-24T22:30:00Z')).toBe('tonight 23:30');
  });
});
