import { expect, test } from 'vitest';
import { stayBelow } from './objects.ts';

const named = (...keys: string[]) => keys.map((key) => ({ key, size: 1 }));

test('a key that would be a path out of the folder of the copy ends it before the mirror begins', () => {
  const fine = named('2026/11/one.jpg', 'a..b', '..hidden', 'x/...', 'über/ein Bild.jpg');
  expect(stayBelow(fine)).toBe(fine);
  for (const key of ['../etc/cron.d/x', 'a/../../x', '..', '/etc/x', 'a\\..\\..\\x']) {
    expect(() => stayBelow([...fine, ...named(key)]), key).toThrow(expect.objectContaining({ code: 'dump-failed' }));
  }
});
