import { afterAll, expect, test, vi } from 'vitest';
import { setup, unitFolder } from '../../../../../scripts/unit-folder.ts';
import type { MirrorDisk } from './disk.ts';
import { linklessDisk } from './testing.ts';
import { errnos, failEverywhere, killEverywhere } from './testing-faults.ts';

// In memory, where there is some: thousands of passes wait for a disk that they are not about.
const remove = setup();
vi.stubEnv('TMPDIR', unitFolder());
afterAll(() => {
  vi.unstubAllEnvs();
  remove();
});

const disks = [
  ['a disk with second names for files', (disk: MirrorDisk) => disk],
  ['a disk without them', linklessDisk],
] as const;

test.each(disks)(
  'killed before any call it makes of %s, the next pass completes, and nothing half is ever seen',
  async (_, wrap) => {
    expect(await killEverywhere(wrap, 0, 1)).toBeGreaterThan(100);
  },
);

test('whatever the disk says of any call, no pass breaks, nothing half is seen, and the next one completes', async () => {
  for (const [index, [code, errno]] of errnos.entries())
    expect(await failEverywhere(code, errno, index, errnos.length)).toBeGreaterThan(20);
});
