import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSourceName, parseSourceName, suggestSourceName } from './host-name.ts';

describe('the name of a source', () => {
  test.each([
    'HOSTNAME',
    'nas',
    'a',
    'web-01',
    'nas.example.org',
    '3dprinter',
    'xn--mnchen-3ya',
    'A.b-c.D9',
    'x'.repeat(32),
  ])('%s is one', (name) => expect(parseSourceName(name)).toEqual({ ok: true, value: name }));

  test.each([
    ['', 'is empty'],
    ['100', 'is a number'],
    ['10.0.0.7', 'is an address'],
    ['-rf', 'begin or end with a hyphen'],
    ['web-', 'begin or end with a hyphen'],
    ['a.-b', 'begin or end with a hyphen'],
    ['nas.', 'a dot stands between two parts'],
    ['.ssh', 'a dot stands between two parts'],
    ['..', 'is an address'],
    ['a..b', 'a dot stands between two parts'],
    ['my_host', '"_" can\'t be in one'],
    ['../etc', '"/" can\'t be in one'],
    ['a b', '" " can\'t be in one'],
    ['a:b', '":" can\'t be in one'],
    ['a\nb', '"\\n" can\'t be in one'],
    ['a\0b', '"\\u{0}" can\'t be in one'],
    ['nas ', 'has a space around it'],
    ['münchen', '"ü" can\'t be in one'],
    ['x'.repeat(33), 'is longer than 32 characters'],
    ['1-2', 'has no letter'],
  ])('%j is none', (name, why) => {
    const parsed = parseSourceName(name);
    expect(parsed.ok ? 'accepted' : parsed.message).toContain(why);
  });

  test.each([
    ['my_host', 'my-host'],
    ["Anna's MacBook Pro", 'Annas-MacBook-Pro'],
    ['nas.', 'nas'],
    ['-rf', 'rf'],
    ['münchen', 'xn--mnchen-3ya'],
    ['10.0.0.7', 'host-10-0-0-7'],
    ['backup.store.of.a.very.long.example.org', 'backup'],
    ['', null],
    ['...', null],
  ])('for %j the answer proposes %j', (name, proposal) => expect(suggestSourceName(name)).toBe(proposal));

  test('every name that is accepted is one safe word: no option, no path, no number', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-c0-2.-]{0,34}$/)), (text) => {
        if (!isSourceName(text)) return;
        expect(text).toMatch(/^(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9.-]{0,31}$/);
        expect(text).not.toMatch(/\.\.|[-.]$/);
      }),
    );
  });

  test('every proposal is itself accepted', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const proposal = suggestSourceName(text);
        expect(proposal === null || isSourceName(proposal)).toBe(true);
      }),
    );
  });
});
