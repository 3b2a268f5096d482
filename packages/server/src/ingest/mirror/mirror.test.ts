import { statSync, utimesSync } from 'node:fs';
import { expect, test } from 'vitest';
import { testPhone } from './testing.ts';

test('a new file is copied with its time of change, and a second pass does nothing', async () => {
  using phone = testPhone();
  phone.write('DCIM/a.jpg', 'one');
  utimesSync(phone.inIngest('DCIM/a.jpg'), 1_500_000_000, 1_500_000_000);
  expect(await phone.pass()).toMatchObject({
    outcome: 'done',
    files: 1,
    bytes: 3,
    copied: 1,
    copiedBytes: 3,
    versions: 0,
  });
  expect(phone.files()).toEqual({ 'DCIM/a.jpg': 'one' });
  expect(statSync(phone.inTarget('DCIM/a.jpg')).mtimeMs).toBe(1_500_000_000_000);
  expect(await phone.pass()).toMatchObject({ outcome: 'done', files: 1, copied: 0, newlyGone: 0, gone: 0, failed: 0 });
});
