import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatSize, isBytes, parseSize } from './size.ts';

const bytesOf = (text: string): number | string => {
  const parsed = parseSize(text);
  return parsed.ok ? parsed.value : parsed.remedy;
};

describe('a size', () => {
  test.each([
    ['0', 0],
    ['500', 500],
    ['500B', 500],
    ['1K', 1024],
    ['10G', 10 * 2 ** 30],
    ['10g', 10 * 2 ** 30],
    ['10GiB', 10 * 2 ** 30],
    ['10 GiB', 10 * 2 ** 30],
    ['10GB', 10 * 10 ** 9],
    ['10gb', 10 * 10 ** 9],
    ['1.5TiB', 1.5 * 2 ** 40],
    ['8191T', 8191 * 2 ** 40],
  ])('%s is %d bytes', (text, bytes) => expect(bytesOf(text)).toBe(bytes));

  test.each([
    ['', 'Write a number and a unit, for example 500G or 1.5T.'],
    ['big', 'Write a number and a unit, for example 500G or 1.5T.'],
    ['-1G', 'Write a number and a unit, for example 500G or 1.5T.'],
    ['1e3G', 'Write a number and a unit, for example 500G or 1.5T.'],
    ['0x10', 'Write a number and a unit, for example 500G or 1.5T.'],
    ['1,5T', 'Write 1.5T.'],
    ['1_000G', 'Write 1000G.'],
    ['10  G', 'Write 10G.'],
    ['9000000P', 'Write at most 8191T.'],
  ])('%j is refused with what to write: %s', (text, remedy) => expect(bytesOf(text)).toBe(remedy));

  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1.5 * 2 ** 30, '1.5 GiB'],
    [2 ** 30 - 1, '1 GiB'],
    [12 * 2 ** 40, '12 TiB'],
  ])('%d is printed as %s', (bytes, text) => expect(isBytes(bytes) && formatSize(bytes)).toBe(text));

  test('what is printed can be typed back, within the one decimal that was printed', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        if (!isBytes(bytes) || bytes > 2 ** 52) return;
        const back = bytesOf(formatSize(bytes));
        expect(typeof back === 'number' && Math.abs(back - bytes) <= Math.max(0, bytes * 0.051)).toBe(true);
      }),
    );
  });
});
