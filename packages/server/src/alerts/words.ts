import { localTime } from '../coordinator/plan/local-time.ts';
import { titleOf } from '../digest/titles.ts';
import type { Condition, Severity } from '../events/condition.ts';
import { forHowLong } from '../status/age.ts';
import { comesAndGoes, type Due } from './due.ts';
import type { Followed } from './follow.ts';
import { ruleOf } from './rules.ts';
import { dayMs, minuteMs } from './times.ts';

/** What a message says. */
export interface Words {
  /** One line, at most 120 characters. */
  readonly title: string;
  /** At most 4,000 characters. */
  readonly body: string;
}

/** Who reads it, and when. */
export interface Reading {
  /** The server's, IANA name. */
  readonly timeZone: string;
  readonly nowMs: number;
  /** Whether there is a page to look at. */
  readonly hasPage: boolean;
}

const titleMost = 120;
const bodyMost = 4000;
/** Names in a title; conditions, and what to do, in a body. */
const [namedMost, listedMost, remediesMost] = [3, 15, 3];

/** An alert in plain words: what, since when, what to do. Whatever a source may have written is one line of visible characters. */
export const wordsOf = ({ alert, now }: Followed, { reason, severity }: Due, reading: Reading): Words => {
  const { nowMs, timeZone } = reading;
  const often = alert.returns === 1 ? 'once' : `${alert.returns} times`;
  if (reason === 'over') {
    const endMs = alert.awayMs ?? nowMs;
    const lasted = spanWords(endMs - alert.sinceMs);
    return bounded(`Over after ${lasted}: ${alert.title}`, [
      `It was so for ${lasted}, from ${whenWords(alert.sinceMs, timeZone)} until ${whenWords(endMs, timeZone)}.`,
      ...(alert.returns > 0 ? [`Meanwhile it came back ${often}.`] : []),
      ...(alert.sources.length > 1 ? [`It was about ${listOf(alert.sources, listedMost)}.`] : []),
    ]);
  }
  const isOnAndOff = comesAndGoes(alert);
  const end = isOnAndOff ? ', on and off' : reason === 'again' ? ', again' : '';
  const sinceMs = isOnAndOff
    ? alert.sinceMs
    : now.reduce((first, { since }) => Math.min(first, Date.parse(since)), nowMs);
  const known = new Set(alert.members.filter(({ told }) => told).map(({ key }) => key));
  const joined = reason === 'joined' ? now.filter(({ key }) => !known.has(key)) : [];
  return bounded(`${beginnings[reason] ?? ''}${statement(alert.code, severity, now)}${end}`, [
    ...listed(now, reading),
    ...(joined.length > 0 ? [`New: ${listOf(namesOf(joined, ruleOf(alert.code, severity).about), listedMost)}.`] : []),
    `Since ${whenWords(sinceMs, timeZone)}, for ${spanWords(nowMs - sinceMs)}.`,
    ...(reason === 'worse' ? ['It is worse than it was.'] : []),
    ...(isOnAndOff ? [`It comes and goes: it came back ${often}.`] : []),
    ...(reason === 'again' && !isOnAndOff ? ['It was over, and has come back.'] : []),
    ...remedies(now),
  ]);
};

/** What an alert says in its shortest form, such as `laptop is overdue`: for its end, and for lists. */
export const shortWords = ({ alert, now }: Followed, severity: Severity): string =>
  now.length === 0 ? alert.title : cut(statement(alert.code, severity, now), titleMost);

const beginnings: Partial<Record<Due['reason'], string>> = { still: 'Still: ', joined: 'More: ', worse: 'Worse: ' };

/** Several alerts in one message: what is more than people may be told of one by one. */
export const togetherWords = (
  lines: readonly { readonly title: string; readonly isOver: boolean }[],
  { hasPage }: Reading,
): Words => {
  const over = lines.filter(({ isOver }) => isOver).length;
  const so = lines.length - over;
  const title = so === 0 ? `${over} more are over` : `${so} more to look at${over === 0 ? '' : `, ${over} more over`}`;
  const most = 40;
  return bounded(title, [
    'So much is so at once that it is told in one message:',
    ...lines.slice(0, most).map((line) => `- ${line.isOver ? 'Over: ' : ''}${inert(line.title, 80)}`),
    ...(lines.length > most ? [`and ${lines.length - most} more: ${where(hasPage)}`] : []),
  ]);
};

/** `laptop, desktop and 3 more are overdue`, in the words of the digest. */
const statement = (code: string, severity: Severity, now: readonly Condition[]): string => {
  const { about } = ruleOf(code, severity);
  if (about === 'server') return titleOf(code, []);
  const names = namesOf(now, about);
  if (about === 'sources') return titleOf(code, names);
  const [one, several] = partTitles[code] ?? ['is in trouble', 'are in trouble'];
  return `${listOf(names, namedMost)} ${names.length === 1 ? one : several}`;
};

const partTitles: Readonly<Record<string, readonly [one: string, several: string]>> = {
  'channel-failing': ['does not take messages', 'do not take messages'],
  'file-broken': ['was damaged', 'were damaged'],
};

const namesOf = (now: readonly Condition[], about: 'sources' | 'parts' | 'server'): readonly string[] => [
  ...new Set(now.map((condition) => nameOf(condition, about)).filter((name) => name !== null)),
];

/** What a condition is about; null for the server. A part is what its key says after the source: events/condition.ts. */
const nameOf = ({ key, code, source }: Condition, about: 'sources' | 'parts' | 'server'): string | null => {
  const part = key.slice(`${code}:${source ?? ''}:`.length);
  const name = about === 'parts' && part !== '' ? part : source;
  return name === null ? null : inert(name, 60);
};

const listOf = (names: readonly string[], most: number): string => {
  const first = names.slice(0, most).map((name) => inert(name, 60));
  const more = names.length - first.length;
  if (more > 0) return `${first.join(', ')} and ${more} more`;
  return first.length < 2 ? (first[0] ?? '') : `${first.slice(0, -1).join(', ')} and ${first.at(-1)}`;
};

/** What is so, word for word: alone, or a line each. */
const listed = (now: readonly Condition[], { hasPage }: Reading): readonly string[] => {
  const [first] = now;
  if (now.length === 1 && first !== undefined)
    return [`${first.source === null ? '' : `${inert(first.source, 60)}: `}${inert(first.text, 1500)}`];
  const more = now.length - listedMost;
  return [
    ...now
      .slice(0, listedMost)
      .map(({ source, text }) => `- ${source === null ? '' : `${inert(source, 60)}: `}${inert(text, 120)}`),
    ...(more > 0 ? [`and ${more} more: ${where(hasPage)}`] : []),
  ];
};

const where = (hasPage: boolean): string => (hasPage ? 'see the page.' : 'type on the server: berth-server status');

const remedies = (now: readonly Condition[]): readonly string[] => {
  const different = [...new Set(now.map(({ remedy }) => remedy))].filter((remedy) => remedy !== '');
  const most = different.length === 1 ? 1500 : 300;
  return different.slice(0, remediesMost).map((remedy) => `What to do: ${inert(remedy, most)}`);
};

/** `2026-11-21 06:05`, by the server's wall clock. */
const whenWords = (atMs: number, timeZone: string): string => {
  const { day, minute } = localTime(timeZone).wallAt(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${new Date(day * dayMs).toISOString().slice(0, 10)} ${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
};

/** Nobody counts the seconds of an alert. */
const spanWords = (millis: number): string =>
  millis < minuteMs ? 'less than a minute' : forHowLong(Math.floor(millis / minuteMs) * minuteMs);

const bounded = (title: string, lines: readonly string[]): Words => ({
  title: cut(title, titleMost),
  body: cut(lines.join('\n'), bodyMost),
});

/** One line of visible characters: nothing that moves a cursor, starts a header, or hides or turns around what follows. */
const inert = (text: string, most: number): string =>
  cut(
    text
      .slice(0, 2 * most + 2)
      .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
      .trim(),
    most,
  );

/** At most so many UTF-16 units, and no half of a character. */
const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
