import { expect, test } from 'vitest';
import { checkOffText } from './phone-check-off-text.ts';

const now = Date.UTC(2026, 10, 21, 12);
const snapshot = { id: 'abcdef0123456789', at: '2026-11-21T03:00:00Z' };

test('says what may go, what may not and why, and what was compared', () => {
  const counted = [
    { why: 'safe' as const, files: 1_240, bytes: 5 * 1024 ** 3, examples: ['DCIM/a.jpg'] },
    { why: 'young' as const, files: 30, bytes: 1024, examples: ['DCIM/new.jpg'] },
    { why: 'not-in-snapshot' as const, files: 1, bytes: 10, examples: ['DCIM/b\u001b[2J.jpg'] },
  ];
  expect(checkOffText('lisa-phone', { snapshot, counted, unlisted: 0, isComplete: true }, now)).toBe(
    `1,240 files (5 GiB) may be deleted on the phone.

Not yet:
  30 files (1 KiB): changed more recently than that
  1 file (10 B): not in the newest snapshot
    DCIM/b\\u{1b}[2J.jpg

Compared: every byte of the phone's file with the mirror's; path, size and time with snapshot abcdef01 of 9 h ago.
`,
  );
});

test('says that nothing is safe without a snapshot, and that not everything was looked at', () => {
  const counted = [{ why: 'no-snapshot' as const, files: 2, bytes: 10, examples: ['DCIM/a.jpg', 'DCIM/b.jpg'] }];
  const text = checkOffText('lisa-phone', { snapshot: null, counted, unlisted: 3, isComplete: false }, now);
  expect(text).toContain('Nothing may be deleted on the phone yet.');
  expect(text).toContain('Make one: berth-server phone backup lisa-phone');
  expect(text).toContain('3 folders or files could not be looked at');
  expect(text).toContain('Stopped before everything was looked at.');
});
