import { expect, test } from 'vitest';
import type { Row } from './ledger.ts';
import { stepFor } from './plan.ts';
import { stormOf } from './storm.ts';
import { rawName } from './testing.ts';

const row: Row = {
  ...{ path: rawName('a.jpg'), stamp: 'as it was', size: 3, sha256: '00', place: rawName('a.jpg'), placeTime: '0' },
  goneAt: null,
};
const look = (stamp: string, isInMirror: boolean, ageMs = 60_000) => ({ stamp, ageMs, isInMirror: () => isInMirror });

test.each([
  ['unchanged', row, look('as it was', true)],
  ['unchanged', row, look('as it was', true, 1)],
  ['back', { ...row, goneAt: 1 }, look('as it was', true)],
  ['missing', row, look('as it was', false)],
  ['missing', { ...row, goneAt: 1 }, look('otherwise', false)],
  ['changed', row, look('otherwise', true)],
  ['changed', { ...row, goneAt: 1 }, look('otherwise', true)],
  ['new', undefined, look('as it was', false)],
  ['unsettled', undefined, look('as it was', false, 1999)],
  ['unsettled', undefined, look('as it was', false, -1999)],
  ['unsettled', row, look('otherwise', true, 1999)],
  ['new', undefined, look('as it was', false, -86_400_000)],
] as const)('%s', (step, known, file) => {
  expect(stepFor(known, file, 2000)).toBe(step);
});

test('a storm is a quarter of all, and never fewer than fifty', () => {
  expect(stormOf(49, 0)).toBeNull();
  expect(stormOf(50, 0)).toEqual({ gone: 50, of: 50 });
  expect(stormOf(50, 150)).toEqual({ gone: 50, of: 200 });
  expect(stormOf(50, 151)).toBeNull();
});
