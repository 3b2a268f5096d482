import { posix } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { areApart, isWithin, parseFolder } from './folder-path.ts';

const parse = parseFolder('folder', 'folder: /volume1/phones/lisa');
const codeOf = (text: string): string => {
  const parsed = parse(text);
  return parsed.ok ? parsed.value : parsed.code;
};

test('a folder has one form, whatever it is called', () => {
  expect(codeOf('/volume1/phones/lisa/')).toBe('/volume1/phones/lisa');
  expect(codeOf('//volume1/./phones///lisa')).toBe('/volume1/phones/lisa');
  expect(codeOf("/volume1/it's, a: phone 📱/日本")).toBe("/volume1/it's, a: phone 📱/日本");
  expect(codeOf('/usrdata')).toBe('/usrdata');
});

test('nothing of the system is the folder of a phone, but disks that a desktop mounts are', () => {
  for (const path of [
    '/',
    '/./',
    '/etc',
    '/etc/x',
    '/run/berth/phones',
    '/run/media',
    '/proc/self',
    '/opt/berth',
    '/usr/',
    '/dev/shm',
  ])
    expect(codeOf(path)).toBe('system-folder');
  expect(codeOf('/run/media/me/stick')).toBe('/run/media/me/stick');
});

test('what is no whole path is refused, and so is what a log or a terminal could be fooled with', () => {
  for (const text of [
    '',
    ' ',
    'a',
    './a',
    '~',
    '~me/a',
    '$HOME',
    'C:/a',
    '\\\\nas\\a',
    'nfs://nas/a',
    '/a/../b',
    '/..',
  ])
    expect(codeOf(text)).toBe('folder-path');
  for (const text of ['/a\nb', '/a\tb', '/a\0b', '/a\u{202e}b', '/a\u{2028}b', '/a\ud800', `/${'a'.repeat(1000)}`])
    expect(codeOf(text)).toBe('folder-path');
});

test('folders lie in each other by their parts, not by their letters', () => {
  expect(isWithin('/a', '/a/b')).toBe(true);
  expect(isWithin('/a', '/ab')).toBe(false);
  expect(isWithin('/', '/a')).toBe(true);
  expect(areApart('/a/b', '/a')).toBe(false);
  expect(areApart('/a/b', '/a/c')).toBe(true);
});

test('any path that is taken is whole, in its one form, and taken again as it is', () => {
  const part = fc.oneof(fc.constantFrom('..', '.', '', 'a', 'etc', 'é', ' '), fc.string({ maxLength: 5 }));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const parsed = parse(`/${parts.join('/')}`);
      if (!parsed.ok) return;
      expect(posix.normalize(parsed.value)).toBe(parsed.value);
      expect(parse(parsed.value)).toEqual(parsed);
    }),
  );
});
