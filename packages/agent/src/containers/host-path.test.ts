import { expect, test } from 'vitest';
import { hostPathOf, outermost } from './host-path.ts';
import { someContainer } from './testing.ts';

const mount = (source: string, target: string) => ({ kind: 'bind', source, target, writable: true }) as const;
const container = someContainer('shop', {
  mounts: [mount('/srv/shop', '/data'), mount('/srv/cache', '/data/cache'), mount('/srv/data2', '/data2')],
});

test.each([
  ['/data', '/srv/shop'],
  ['/data/', '/srv/shop'],
  ['/data/a/b', '/srv/shop/a/b'],
  ['/data/cache/x', '/srv/cache/x'],
  ['/data2/x', '/srv/data2/x'],
  ['/data/../data2', '/srv/data2'],
  ['/data3', null],
  ['/', null],
  ['/etc/passwd', null],
])('%s in the container is %s here', (inside, here) => {
  expect(hostPathOf(container, inside)).toBe(here);
});

test('a mount of the whole root carries everything', () => {
  expect(hostPathOf(someContainer('x', { mounts: [mount('/srv/root', '/')] }), '/etc/x')).toBe('/srv/root/etc/x');
});

test('of paths within each other the outermost stays', () => {
  expect(outermost(['/a/b', '/a', '/ab', '/a/', '/c/d'])).toEqual(['/a', '/ab', '/c/d']);
});
