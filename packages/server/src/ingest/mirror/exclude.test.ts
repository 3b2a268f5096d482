import { expect, test } from 'vitest';
import { excludedBy } from './exclude.ts';
import { rawName } from './testing.ts';

const leftOut = (pattern: string, ...paths: readonly (string | Buffer)[]) => {
  const isExcluded = excludedBy([pattern]);
  return paths.filter((path) => isExcluded(rawName(path)));
};

test.each([
  ['tmp', ['tmp', 'a/tmp', 'a/b/tmp'], ['tmp2', 'tmp/a', 'atmp']],
  ['*.part', ['a.part', 'x/y.part', '.part'], ['a.part2', 'part']],
  ['?.jpg', ['a.jpg', 'é.jpg', '🏔.jpg'], ['ab.jpg', '.jpg']],
  ['[a-c].jpg', ['a.jpg', 'x/b.jpg'], ['d.jpg', '-.jpg']],
  ['[^a].jpg', ['b.jpg'], ['a.jpg', '/.jpg']],
  ['Android/media', ['Android/media'], ['Android', 'x/Android/media', 'Android/media2', 'Android/media/a']],
  ['Android/media/', ['Android/media'], ['media']],
  ['./tmp/', ['tmp', 'a/tmp'], []],
  ['/Camera', ['Camera'], ['DCIM/Camera', 'Camera/a']],
  ['/DCIM/tmp/', ['DCIM/tmp'], ['tmp', 'x/DCIM/tmp']],
  ['/*.apk', ['a.apk'], ['Download/a.apk']],
  ['Android/*/cache', ['Android/x/cache'], ['Android/cache', 'Android/x/y/cache']],
  ['Android/media/**/.Statuses', ['Android/media/.Statuses', 'Android/media/a/b/.Statuses'], ['Android/.Statuses']],
  ['DCIM/**', ['DCIM/a', 'DCIM/a/b'], ['DCIM', 'DCIM2/a']],
  ['**/x', ['x', 'a/x', 'a/b/x'], ['ax', 'x/a']],
  ['a\\*b', ['a*b'], ['axb']],
  ['a.b+(c)|^$', ['a.b+(c)|^$'], ['axb+(c)|^$']],
  ['[', ['['], ['a']],
  ['a\nb*', ['a\nbc'], ['a']],
])('%j leaves out %j, and not %j', (pattern, out, kept) => {
  expect(leftOut(pattern, ...out, ...kept)).toEqual(out);
});

test('bytes that are no UTF-8 are a character each, and no pattern breaks on them', () => {
  const odd = Buffer.from([0xff, 0x2e, 0x6a, 0x70, 0x67]);
  expect(leftOut('?.jpg', odd)).toEqual([odd]);
  expect(leftOut('*', odd)).toEqual([odd]);
});

test('what is no pattern leaves nothing out', () => {
  for (const pattern of ['', '/', '.', '[z-a]', './']) expect(leftOut(pattern, 'a', 'z', 'a/b')).toEqual([]);
});
