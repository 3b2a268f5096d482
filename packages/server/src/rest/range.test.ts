import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRange } from './range.ts';

test('a part lies inside the object and is what was asked for', () => {
  const sizes = fc.integer({ min: 1, max: 1e12 });
  fc.assert(
    fc.property(sizes, fc.nat(2e12), fc.nat(2e12), (size, first, last) => {
      const range = parseRange(`bytes=${first}-${last}`, size);
      if (last < first) expect(range).toEqual({ kind: 'all' });
      else if (first >= size) expect(range).toEqual({ kind: 'unsatisfiable' });
      else expect(range).toEqual({ kind: 'part', start: first, end: Math.min(last, size - 1) });
    }),
  );
});

test('no header, however it is written, leads outside the object', () => {
  const parts = fc.array(
    fc.constantFrom('bytes', '=', '-', ',', ' ', '0', '9', '99999999999999999999', '-1', '\0', 'e'),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        parts.map((words) => words.join('')),
      ),
      fc.nat(1000),
      (header, size) => {
        const range = parseRange(header, size);
        if (range.kind !== 'part') return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.end).toBeGreaterThanOrEqual(range.start);
        expect(range.end).toBeLessThan(size);
      },
    ),
  );
});

test('an empty object has no parts', () => {
  expect(parseRange('bytes=0-', 0)).toEqual({ kind: 'all' });
});
