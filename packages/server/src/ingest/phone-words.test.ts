import { expect, test } from 'vitest';
import { agoWords } from '../status/when.ts';
import { type PhonePlan, phoneLine } from './phone-words.ts';
import { passOf, phoneFacts, syncthingUp } from './testing.ts';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
const plan: PhonePlan = {
  folder: '/volume1/phones/lisa',
  mirror: { folder: '/volume1/photos/lisa', types: 'media' },
  syncthing: 'http://127.0.0.1:8384',
};
const line = (change: Parameters<typeof phoneFacts>[2] = {}, of: PhonePlan = plan) =>
  phoneLine(of, phoneFacts('lisa-phone', nowMs, change), (atMs) => agoWords(atMs, nowMs));
const day = (copied: number, versions: number, gone: number) => ({
  ...{ mirror: { last: passOf({ day: { copied, copiedBytes: 1, versions, gone } }) } },
  syncthing: null,
});

test('a day of a phone in a line: what came, what was edited, what it deleted and stays, and when it was seen', () => {
  expect(line()).toBe(
    '14 photos came, 3 were edited (older versions kept), 40 deleted on the phone stay in the mirror (100,342 files, 412 GiB). Syncthing saw the phone 2 h ago',
  );
});

test('a quiet day, one photo, and a mirror of everything', () => {
  expect(line(day(0, 0, 0))).toMatch(/^Nothing new came; the mirror holds 100,342 files, 412 GiB\./);
  expect(line(day(1, 0, 1))).toMatch(/^1 photo came, 1 deleted on the phone stays in the mirror \(/);
  expect(line(day(1, 1, 0))).toMatch(/^1 was edited \(older versions kept\) \(/);
  expect(line(day(2, 0, 0), { ...plan, mirror: { folder: '/all', types: 'all' } })).toMatch(/^2 files came \(/);
});

test('a mirror that fails says when it was last complete, or that it never was', () => {
  const goodAt = new Date(nowMs - 3 * 3_600_000).toISOString();
  expect(line({ mirror: { failures: 3, goodAt } })).toContain('412 GiB, last complete 3 h ago)');
  expect(line({ mirror: { failures: 3, goodAt: null } })).toContain('412 GiB, never complete yet)');
  expect(line({ mirror: { last: null, at: null, goodAt: null } })).toMatch(/^Its mirror has not begun yet\./);
  expect(line({ mirror: { last: null, goodAt: null, failures: 3 } })).toMatch(
    /^No pass of its mirror was complete yet\./,
  );
});

test('without a mirror only Syncthing is told of, and without either nothing', () => {
  const none: PhonePlan = { ...plan, mirror: null, syncthing: null };
  expect(line({ mirror: null }, { ...none, syncthing: plan.syncthing })).toBe('Syncthing saw the phone 2 h ago');
  expect(line({ mirror: null, syncthing: null }, none)).toBeNull();
  expect(phoneLine(plan, null, String)).toBe('Its mirror has not begun yet. Syncthing has not been asked yet');
});

test.each([
  [syncthingUp(nowMs, { phoneSeenAt: null }), 'Syncthing has not seen the phone yet'],
  [syncthingUp(nowMs, { needItems: 1204 }), 'Syncthing saw the phone just now, 1,204 files are still to come'],
  [syncthingUp(nowMs, { paused: 'folder' }), 'Syncthing saw the phone just now, and the folder is paused there'],
  [syncthingUp(nowMs, { error: 'x' }), 'Syncthing saw the phone just now, and has stopped its folder'],
  [{ kind: 'down', detail: 'x' }, 'Syncthing does not answer'],
  [{ kind: 'refused', why: 'key', detail: 'x' }, 'Syncthing refuses to answer'],
  [{ kind: 'unknown-folder' }, 'Syncthing does not know its folder'],
] as const)('what Syncthing is: %j', (syncthing, words) => {
  expect(line({ mirror: null, syncthing }, { ...plan, mirror: null })).toBe(words);
});
