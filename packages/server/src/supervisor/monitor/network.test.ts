import { expect, test } from 'vitest';
import { type Look, networkMark, networkNeeds } from './network.ts';

const libraries = ['/lib64/ld-linux-x86-64.so.2', '/lib/x86_64-linux-gnu/libc.so.6'];
const jail = { kind: 'landlock', rights: [], libraries } as const;
const machine =
  (paths: Readonly<Record<string, number>>): Look =>
  (path) => {
    const ino = paths[path];
    return ino === undefined ? null : { dev: 1, ino, isFolder: !/\.conf$|hosts$/.test(path) };
  };

test('it names what is there of what finding a host by its name takes, and nothing else', () => {
  const look = machine({ '/etc/resolv.conf': 7, '/etc/hosts': 8, '/lib/x86_64-linux-gnu': 9, '/etc': 1 });
  expect(networkNeeds(jail, look)).toEqual({
    files: ['/etc/resolv.conf', '/etc/hosts'],
    folders: ['/lib/x86_64-linux-gnu'],
  });
  expect(networkNeeds({ kind: 'none', reason: 'old' }, machine({}))).toEqual({ files: [], folders: [] });
});

test('a file that was replaced shows, also one that came or went', () => {
  const before = networkMark(machine({ '/etc/resolv.conf': 7 }));
  expect(networkMark(machine({ '/etc/resolv.conf': 7, '/etc': 3 }))).toBe(before);
  expect(networkMark(machine({ '/etc/resolv.conf': 8 }))).not.toBe(before);
  expect(networkMark(machine({ '/etc/resolv.conf': 7, '/etc/hosts': 1 }))).not.toBe(before);
});
