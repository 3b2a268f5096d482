import type { Message } from './channel.ts';

/** How to cut a text for a service. */
interface Fit {
  /** How a character is written in the service's markup; as it is unless said. */
  readonly write?: (character: string) => string;
  /** How much of the service's limit a written character takes; UTF-16 code units unless said. */
  readonly size?: (written: string) => number;
}

/** What UTF-8 takes. */
export const utf8Bytes = (written: string): number => Buffer.byteLength(written);

/**
 * A text escaped for a service and cut to what it takes; what was cut says so. Never cuts within an escaped character, and looks at no
 * more of a huge text than it needs.
 */
export const fit = (
  text: string,
  most: number,
  { write = (same) => same, size = (it) => it.length }: Fit = {},
): string => {
  const written = (from: string): string => [...from].map(write).join('');
  const whole = text.length <= most ? written(text) : null;
  if (whole !== null && size(whole) <= most) return whole;
  const room = most - size(written(cutMark(text.length)));
  let result = '';
  let used = 0;
  let taken = 0;
  for (const character of text) {
    const next = write(character);
    used += size(next);
    if (used > room) break;
    result += next;
    taken += character.length;
  }
  return room < 0 ? '' : result + written(cutMark(text.length - taken));
};

const cutMark = (left: number): string => ` … (${left} more characters were cut)`;

/** A title: shorter, and cut with a bare mark. */
export const fitTitle = (text: string, most: number, write: (character: string) => string = (same) => same): string => {
  let result = '';
  for (const character of text) {
    const next = write(character);
    if (result.length + next.length > most - 1) return `${result}…`;
    result += next;
  }
  return result;
};

/**
 * Text from outside without what could move a cursor, reorder, or hide: control and format characters are spaces; line breaks stay. A
 * message has none; this holds where one has.
 */
export const plain = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\r\n?|\u2028|\u2029/g, '\n')
    .replace(/[^\P{Cc}\n]|\p{Cf}/gu, ' ');

/** The same, on one line. */
export const oneLine = (text: string): string => plain(text).replace(/\s+/g, ' ').trim();

/** For HTML, in text and in attributes. */
export const escapeHtml = (character: string): string => html[character] ?? character;
const html: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** What shows at a glance how bad it is, in front of a title. */
export const markOf = ({ kind, severity }: Pick<Message, 'kind' | 'severity'>): string => {
  if (kind === 'resolved') return '🟢';
  if (kind === 'digest' || kind === 'test') return '⚓';
  return { notice: '🔵', warning: '🟠', critical: '🔴' }[severity];
};

/** Whether it may wake somebody: what is over, the digest and what needs nothing done come without a sound. */
export const isQuiet = ({ kind, severity }: Pick<Message, 'kind' | 'severity'>): boolean =>
  kind === 'resolved' || kind === 'digest' || (kind !== 'test' && severity === 'notice');

/** The title and the body as every channel has them. */
export const wordsOf = ({
  title,
  body,
}: Pick<Message, 'title' | 'body'>): { readonly title: string; readonly body: string } => ({
  title: oneLine(title.slice(0, 10_000)) || 'berth',
  body: plain(body.slice(0, 200_000)).trim(),
});

/** A link that is one: null for anything but HTTP. */
export const linkOf = ({ url }: Pick<Message, 'url'>): string | null => {
  const parsed = url === null ? null : URL.parse(url);
  return parsed?.protocol === 'https:' || parsed?.protocol === 'http:' ? parsed.href : null;
};
