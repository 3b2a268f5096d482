import { expect, test } from 'vitest';
import { html } from './markup.ts';

test('what is put into a template is text, between tags and in attributes', () => {
  const hostile = `"><script>alert('1')</script>&`;
  const escaped = '&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;';
  expect(html`<p title="${hostile}">${hostile}</p>`.toString()).toBe(`<p title="${escaped}">${escaped}</p>`);
  expect(html`<svg><text>${[hostile, hostile]}</text></svg>`.toString()).toBe(
    `<svg><text>${escaped}${escaped}</text></svg>`,
  );
});

test('what was made by a template is not escaped again', () => {
  const inner = html`<b>${'<'}</b>`;
  expect(html`<p>${inner}${[inner, 1, null, false]}</p>`.toString()).toBe('<p><b>&lt;</b><b>&lt;</b>1</p>');
});

test('what could move a cursor, hide text or turn it around is spelled out', () => {
  const text = 'a\u001b[31mred\u0007 \u202Egpj.exe\u2069 \u0000\u200b\u2028';
  const shown = html`${text}`.toString();
  expect(shown).toBe('a\\u{1b}[31mred\\u{7} \\u{202e}gpj.exe\\u{2069} \\u{0}\\u{200b}\\u{2028}');
});

test('a text without an end is cut', () => {
  expect(html`${'x'.repeat(1_000_000)}`.toString().length).toBeLessThan(4100);
  expect(html`${'é'.repeat(1_000_000)}`.toString().length).toBeLessThan(4100);
});
