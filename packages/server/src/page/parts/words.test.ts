import { expect, test } from 'vitest';
import { inWords } from './words.ts';

const dayMs = 86_400_000;

test('what lies ahead is told in whole days that are over, as the digest tells it', () => {
  expect(inWords(96.9 * dayMs)).toBe('in 96 days');
  expect(inWords(1.9 * dayMs)).toBe('in 1 day');
  expect(inWords(dayMs - 1)).toBe('within a day');
  expect(inWords(-5)).toBe('now');
});
