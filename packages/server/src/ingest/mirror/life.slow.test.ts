import { test } from 'vitest';
import { disks, liveThrough } from './testing-life.ts';

test.each(disks)(
  'in dozens of lives: whatever a phone does, all that a pass ever saw is in the mirror, and nothing there is ever lost: %s',
  (_, make) => liveThrough(make, 60),
);
