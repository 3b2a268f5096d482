/**
 * A label's value as the text format can hold it: no control character (a NUL would cost the whole scrape), no half of a pair
 * of UTF-16, at most 200 characters. Quotes, backslashes and newlines are escaped by prom-client.
 */
export const labelValue = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (character) => (character === '\n' ? character : '\u{fffd}'))
    .slice(0, longest)
    .toWellFormed();

const longest = 200;
