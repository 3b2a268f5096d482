import type { BackupSummary } from '@berth/common/restic/backup.ts';
import type { Done, ItemError } from '@berth/common/restic/result.ts';
import { expect, test } from 'vitest';
import { forgiveVanished } from './vanished.ts';

const value: BackupSummary = {
  ...{ snapshotId: '0fb21523', filesNew: 6, filesChanged: 0, filesUnmodified: 0, filesProcessed: 6 },
  ...{ bytesProcessed: 6, bytesAdded: 6, bytesAddedPacked: null },
};
/** As restic 0.14 and 0.18 say it, through messages.ts. */
const vanished: readonly ItemError[] = [
  { item: '/ingest/DCIM/a.jpg', during: 'archival', message: 'lstat ENOENT' },
  {
    item: '/ingest/DCIM/b.jpg',
    during: 'archival',
    message: '/ingest/DCIM/b.jpg: lstat DCIM/b.jpg: no such file or directory',
  },
];
const incomplete = (
  itemErrors: readonly ItemError[],
  change: Partial<Done<BackupSummary>> = {},
): Done<BackupSummary> => ({
  ...{ kind: 'incomplete', value, words: [], warnings: [], itemErrors, itemErrorCount: itemErrors.length, ...change },
});

test('files that went away while they were read are a warning', () => {
  expect(forgiveVanished(incomplete(vanished))).toMatchObject({
    kind: 'ok',
    warnings: [expect.stringContaining('2 files went away')],
  });
});

test.each([
  { item: '/ingest/c', during: 'archival', message: 'open EACCES' },
  { item: '/ingest/c', during: 'archival', message: '/ingest/c: open c: permission denied' },
  { item: '/ingest/c', during: 'archival', message: 'read EIO' },
  { item: '/ingest/c', during: 'archival', message: '' },
])('one that can not be read ($message) keeps the snapshot incomplete', (error) => {
  expect(forgiveVanished(incomplete([...vanished, error])).kind).toBe('incomplete');
});

test('so do errors beyond those that were kept, and restic’s own warnings', () => {
  expect(forgiveVanished(incomplete(vanished, { itemErrorCount: 3 })).kind).toBe('incomplete');
  expect(forgiveVanished(incomplete(vanished, { warnings: ['x does not exist, skipping'] })).kind).toBe('incomplete');
  expect(forgiveVanished(incomplete([])).kind).toBe('incomplete');
});

test('a failure stays one', () => {
  const failed = { ...incomplete(vanished), kind: 'failed', exitCode: 1 } as const;
  expect(forgiveVanished(failed)).toBe(failed);
});
