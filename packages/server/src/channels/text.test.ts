import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeHtml, fit, fitTitle, oneLine, plain, utf8Bytes } from './text.ts';

test('what fits stays as it is, but for its escapes', () => {
  expect(fit('a & b', 20, { write: escapeHtml })).toBe('a &amp; b');
  expect(fit('a\nb', 3)).toBe('a\nb');
});

test('what does not fit is cut and says by how much', () => {
  expect(fit('x'.repeat(100), 50)).toBe(`${'x'.repeat(17)} … (83 more characters were cut)`);
});

test('no cut is longer than the limit, within a character, or within an escape', () => {
  const pieces = fc.array(fc.constantFrom('<', '&', 'é', '𝒳', 'ab', '\n', '👩'), { maxLength: 300 });
  fc.assert(
    fc.property(pieces, fc.integer({ min: 45, max: 400 }), fc.boolean(), (all, most, isBytes) => {
      const size = isBytes ? utf8Bytes : (it: string) => it.length;
      const cut = fit(all.join(''), most, { write: escapeHtml, size });
      expect(size(cut)).toBeLessThanOrEqual(most);
      expect(cut.isWellFormed()).toBe(true);
      expect(cut).toMatch(/^(?:[^<>&]|&(?:amp|lt|gt|quot|#39);)*$/);
    }),
  );
});

test('a title is cut with a mark, between its escapes', () => {
  expect(fitTitle('a&b', 20, escapeHtml)).toBe('a&amp;b');
  expect(fitTitle('&&&', 11, escapeHtml)).toBe('&amp;&amp;…');
});

test('what moves a cursor, reorders or hides is a space; a line break stays one', () => {
  expect(plain('a\u001b[31mb\r\nc\u2028d\u202ee\u0000')).toBe('a [31mb\nc\nd e ');
  expect(oneLine(' a\r\n\tb  \u200b ')).toBe('a b');
});
