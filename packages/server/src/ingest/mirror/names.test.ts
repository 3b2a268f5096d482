import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldOf, numbered, placesFor } from './names.ts';
import { nameOf, toBytes, toText } from './raw.ts';
import { rawName } from './testing.ts';

const shown = (path: string, count: number): string => toText(numbered(rawName(path), count));

test('a second file of a name gets a number before its ending', () => {
  expect([1, 2, 12].map((count) => shown('DCIM/a.jpg', count))).toEqual([
    'DCIM/a.jpg',
    'DCIM/a~2.jpg',
    'DCIM/a~12.jpg',
  ]);
  expect(['a', '.hidden', 'a.tar.gz', 'a.'].map((name) => shown(name, 2))).toEqual([
    'a~2',
    '.hidden~2',
    'a.tar~2.gz',
    'a~2.',
  ]);
});

test('a long name is cut between characters, and its ending stays', () => {
  const name = `${'é'.repeat(125)}.jpg`;
  expect(shown(name, 2)).toBe(`${'é'.repeat(124)}~2.jpg`);
  expect(toBytes(numbered(rawName(name), 2)).length).toBeLessThanOrEqual(255);
});

test('whatever a file is called, the second place that is tried is one that every disk takes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 255 }), (bytes) => {
      const name = rawName(Buffer.from(bytes.map((byte) => (byte === 0 || byte === 47 ? 1 : byte))));
      const places = placesFor(name);
      const last = nameOf(places.at(-1) ?? name);
      expect(last.length).toBeLessThanOrEqual(255);
      for (const place of places.slice(1)) {
        expect(toText(place)).not.toMatch(/[\u0000-\u001f"*:<>?\\|\ufffd]|[. ]$/);
        expect(nameOf(place).length).toBeLessThanOrEqual(140);
      }
    }),
  );
});

test('what a disk without case or composition takes for one is one', () => {
  const fold = (text: string): string => foldOf(rawName(text));
  expect(fold('DCIM/A.JPG')).toBe(fold('dcim/a.jpg'));
  expect(fold('M\u00fcNCHEN')).toBe(fold('mu\u0308nchen'));
  expect(fold('straße')).toBe(fold('STRASSE'));
  expect(fold('a')).not.toBe(fold('b'));
});
