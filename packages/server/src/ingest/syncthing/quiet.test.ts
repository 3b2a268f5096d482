import { expect, test } from 'vitest';
import { calmSince, isCalm, quietAfterMs, untilQuietMs } from './quiet.ts';
import { exampleStatus } from './testing.ts';

const [running, paused] = [{ paused: false }, { paused: true }];

test('nothing is needed and nothing is fetched: calm, also while it scans', () => {
  for (const state of ['idle', 'scan-waiting', 'scanning', 'clean-waiting', 'cleaning']) {
    expect(isCalm(running, exampleStatus({ state }))).toBe(true);
  }
});

test('something is fetched, or about to be, or needed: not calm', () => {
  for (const state of ['sync-waiting', 'sync-preparing', 'syncing', 'a state of the future']) {
    expect(isCalm(running, exampleStatus({ state }))).toBe(false);
  }
  expect(isCalm(running, exampleStatus({ needTotalItems: 3, pullErrors: 2 }))).toBe(false);
});

test('what it gave up on is not waited for', () => {
  expect(isCalm(running, exampleStatus({ needTotalItems: 3, pullErrors: 3 }))).toBe(true);
});

test('a paused folder looks complete, and so does one without its marker; nobody waits for either', () => {
  expect(isCalm(paused, exampleStatus({ state: '' }))).toBeNull();
  expect(isCalm(running, exampleStatus({ state: '' }))).toBeNull();
  expect(isCalm(running, exampleStatus({ state: 'error', error: 'folder marker missing' }))).toBeNull();
});

test('it is quiet once it has been calm for a while, without a break', () => {
  const since = calmSince(null, true, 1000);
  expect(untilQuietMs(since, 1000)).toBe(quietAfterMs);
  expect(untilQuietMs(calmSince(since, true, 3000), 3000)).toBe(quietAfterMs - 2000);
  expect(untilQuietMs(calmSince(since, true, 9000), 9000)).toBe(0);
  const again = calmSince(calmSince(since, false, 4000), true, 5000);
  expect(untilQuietMs(again, 9000)).toBe(1000);
  expect(untilQuietMs(calmSince(since, null, 9000), 9000)).toBeNull();
});
