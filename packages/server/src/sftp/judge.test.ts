import type { Bytes } from '@berth/common/brand.ts';
import { isBytes } from '@berth/common/size.ts';
import { expect, test } from 'vitest';
import { type Judgement, judge } from './judge.ts';
import type { PassReport } from './report.ts';

const mebibytes = (count: number): Bytes => {
  const bytes = count * 1024 ** 2;
  if (!isBytes(bytes)) throw new Error('a number of bytes');
  return bytes;
};
const report = (change: Partial<PassReport> = {}): PassReport => ({
  usedBytes: mebibytes(1),
  files: 1,
  newestMs: null,
  unsettled: 0,
  copied: 0,
  trashed: 0,
  unreadable: 0,
  failed: 0,
  firstFailure: null,
  ...change,
});
const judged = (
  source: { readonly quotaBytes: Bytes | null; readonly immutable: boolean },
  ...reports: readonly (PassReport | null)[]
): Judgement => reports.reduce((before, each) => judge(source, each, before), judge(source, null, null));
const plain = { quotaBytes: null, immutable: false };
const small = { quotaBytes: mebibytes(2), immutable: false };
const kept = { quotaBytes: null, immutable: true };

test('a source within its quota may write, one above it may not until it is within again', () => {
  expect(judged(small, report({ usedBytes: mebibytes(2) })).readOnly).toBeNull();
  const over = report({ usedBytes: mebibytes(3) });
  expect(judged(small, over).readOnly).toBe('over its quota: 3 MiB of 2 MiB are used');
  expect(judged(small, over, report()).readOnly).toBeNull();
  expect(judged(plain, over).readOnly).toBeNull();
});

test('a pass that fails takes back nothing that was known', () => {
  expect(judged(small, report({ usedBytes: mebibytes(3) }), null)).toMatchObject({
    usedBytes: mebibytes(3),
    readOnly: expect.stringContaining('over its quota'),
  });
});

test('an immutable source whose copies fail twice may not write, one that failed once or is not immutable may', () => {
  const full = report({ failed: 3, firstFailure: 'ENOSPC' });
  expect(judged(kept, full).readOnly).toBeNull();
  expect(judged(kept, full, full).readOnly).toContain('3 of its files or folders failed, the first with ENOSPC');
  expect(judged(kept, null, null).readOnly).toContain('could not be looked at');
  expect(judged(kept, full, full, report()).readOnly).toBeNull();
  expect(judged(plain, full, full).readOnly).toBeNull();
});

test('what a source has closed to itself is told, and does not lock it out', () => {
  const closed = report({ unreadable: 2 });
  expect(judged(kept, closed, closed)).toMatchObject({ unreadable: 2, failures: 0, readOnly: null });
});
