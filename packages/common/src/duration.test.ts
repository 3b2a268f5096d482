import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, isMillis, parseDuration } from './duration.ts';

const millisOf = (text: string): number | string => {
  const parsed = parseDuration(text);
  return parsed.ok ? parsed.value : parsed.remedy;
};
const day = 86_400_000;

describe('a duration', () => {
  test.each([
    ['30d', 30 * day],
    ['1h30m', 5_400_000],
    ['1h 30m', 5_400_000],
    ['2w', 14 * day],
    ['1y', 365 * day],
    ['90s', 90_000],
    ['250ms', 250],
    ['1m1ms', 60_001],
    ['0s', 0],
  ])('%s is %d milliseconds', (text, millis) => expect(millisOf(text)).toBe(millis));

  test.each([
    ['30', 'Write the unit too, for example 30d (days) or 30h (hours).'],
    ['30 days', 'Write 30d.'],
    ['30D', 'Write 30d.'],
    ['6mo', 'Write the months in days: 180d.'],
    ['3 months', 'Write the months in days: 90d.'],
    ['', 'Write whole numbers with y, w, d, h, m or s, largest first, for example 30d or 1h30m.'],
    ['30m1h', 'Write whole numbers with y, w, d, h, m or s, largest first, for example 30d or 1h30m.'],
    ['1.5h', 'Write whole numbers with y, w, d, h, m or s, largest first, for example 30d or 1h30m.'],
    ['-1d', 'Write whole numbers with y, w, d, h, m or s, largest first, for example 30d or 1h30m.'],
    ['99999999999y', 'Write at most 100000d.'],
  ])('%j is refused with what to write: %s', (text, remedy) => expect(millisOf(text)).toBe(remedy));

  test('what is printed reads back as the same number', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (millis) => {
        expect(isMillis(millis) && millisOf(formatDuration(millis))).toBe(millis);
      }),
    );
  });

  test('a thirty-day span prints as 30d, not as weeks', () => {
    const month = 30 * day;
    expect(isMillis(month) && formatDuration(month)).toBe('30d');
  });
});
