import { afterAll, test, vi } from 'vitest';
import { setup, unitFolder } from '../../../../../scripts/unit-folder.ts';
import { disks, liveThrough } from './testing-life.ts';

// In memory, where there is some: thousands of passes wait for a disk that they are not about.
const remove = setup();
vi.stubEnv('TMPDIR', unitFolder());
afterAll(() => {
  vi.unstubAllEnvs();
  remove();
});

test.each(disks)(
  'in hundreds of lives: whatever a phone does, all that a pass ever saw is in the mirror, and nothing there is ever lost: %s',
  (_, make) => liveThrough(make, 300),
);
