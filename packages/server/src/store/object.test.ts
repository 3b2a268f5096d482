import { resolve } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layoutOf, liveFolder, livePath, trashPath } from './layout.ts';
import { config, namedTypes, parseNamedType, parseObjectId, parseObjectName } from './object.ts';
import { beginning } from './seq.ts';

const hex = fc.stringMatching(/^[0-9a-f]{64}$/);
const nearlyHex = fc.oneof(
  fc.stringMatching(/^[0-9a-f]{63}$/),
  fc.stringMatching(/^[0-9a-f]{65}$/),
  fc.stringMatching(/^[0-9A-F]{64}$/).filter((text) => /[A-F]/.test(text)),
  hex.map((name) => `${name}\n`),
  hex.map((name) => `../${name.slice(3)}`),
  hex.map((name) => `${name.slice(0, 32)}\0${name.slice(33)}`),
  fc.string({ unit: 'binary', minLength: 60, maxLength: 70 }),
);

test('exactly 64 lower-case hexadecimal digits are a name', () => {
  fc.assert(fc.property(hex, (name) => parseObjectName(name) === name));
  fc.assert(fc.property(nearlyHex, (name) => parseObjectName(name) === null || /^[0-9a-f]{64}$/.test(name)));
});

test('exactly restic’s five types have names, whatever words an object of JavaScript knows', () => {
  for (const type of namedTypes) expect(parseNamedType(type)).toBe(type);
  for (const word of ['config', 'constructor', '__proto__', 'toString', 'Data', 'data/', '']) {
    expect(parseNamedType(word)).toBeNull();
  }
});

test('the path of every object that can be named lies in the source’s own folders', () => {
  const layout = layoutOf('/data/sources/alpha');
  const anyId = fc.tuple(fc.oneof(fc.constantFrom(...namedTypes, 'config'), fc.string()), fc.oneof(hex, nearlyHex));
  fc.assert(
    fc.property(anyId, ([type, name]) => {
      const id = parseObjectId(type, name);
      if (id === null) return;
      for (const path of [liveFolder(layout, id), livePath(layout, id)]) {
        expect(resolve(path)).toBe(path);
        expect(path.startsWith('/data/sources/alpha/repo')).toBe(true);
      }
      expect(trashPath(layout, id, beginning).startsWith('/data/sources/alpha/trash/')).toBe(true);
    }),
  );
  expect(livePath(layout, config)).toBe('/data/sources/alpha/repo/config');
});
