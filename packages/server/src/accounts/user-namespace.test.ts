import { expect, test } from 'vitest';
import { unmappedIn } from './user-namespace.ts';

const all = '         0          0 4294967295\n';
// As Podman makes them: its user is root inside, and the subordinate IDs follow.
const rootless = '         0       1000          1\n         1     100000      65536\n';

test('an ID that the user namespace has is none to complain of', () => {
  for (const id of [0, 1, 4001, 65_536]) expect(unmappedIn(id, { UIDs: rootless, GIDs: rootless })).toBeNull();
  expect(unmappedIn(2 ** 31 - 1, { UIDs: all, GIDs: all })).toBeNull();
});

test('one that it has not is answered by those it has, ranges that follow one another as one', () => {
  expect(unmappedIn(100_000, { UIDs: rootless, GIDs: rootless })).toBe('UIDs 0 to 65536');
  expect(unmappedIn(7, { UIDs: '5000 0 10\n0 1000 1\n', GIDs: all })).toBe('UIDs 0, 5000 to 5009');
  expect(unmappedIn(65_000, { UIDs: rootless, GIDs: '0 1000 1000\n' })).toBe('GIDs 0 to 999');
});
