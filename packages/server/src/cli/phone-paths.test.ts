import { expect, test } from 'vitest';
import { phonePath, snapshotFrom } from './phone-paths.ts';

test('a path is written as the phone has it, with or without slashes around it', () => {
  expect(['DCIM', '/DCIM', 'DCIM/', './DCIM', 'DCIM//', '//DCIM'].map(phonePath)).toEqual(Array(6).fill('/DCIM'));
  expect(['', '/', '.'].map(phonePath)).toEqual(['/', '/', '/']);
  expect(phonePath('DCIM/..odd name/a.jpg')).toBe('/DCIM/..odd name/a.jpg');
});

test.each(['../etc/passwd', 'DCIM/../../etc', '..', 'a\0b'])('%j is none', (text) => {
  expect(() => phonePath(text)).toThrow(expect.objectContaining({ code: 'path' }));
});

test('a snapshot is the latest or an id', () => {
  expect(['latest', '1a2b3c4d'].map(snapshotFrom)).toEqual(['latest', '1a2b3c4d']);
  for (const text of ['', '-1a2b', 'LATEST', '1a2', 'latest:/x']) {
    expect(() => snapshotFrom(text), text).toThrow(expect.objectContaining({ code: 'snapshot' }));
  }
});
