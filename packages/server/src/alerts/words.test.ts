import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Condition } from '../events/condition.ts';
import { conditionOf, startMs, Watcher } from './testing.ts';
import { dayMs, hourMs, minuteMs } from './times.ts';

const overdue = (source: string, sinceMs = startMs) =>
  conditionOf('overdue', source, sinceMs, {
    severity: 'critical',
    text: 'No backup for 5d; it should be one every day.',
    remedy: 'See that the machine is on.',
  });

const told = (conditions: readonly Condition[], nowMs = startMs + 2 * minuteMs, options = {}) => {
  const watcher = new Watcher(options);
  watcher.look(startMs, conditions);
  const [message] = watcher.look(nowMs, conditions);
  if (message === undefined) throw new Error('nobody was told');
  return message;
};

test('a message says what is so, since when by the wall clock and for how long, and what to do', () => {
  expect(told([overdue('laptop')], startMs + 3 * hourMs, { timeZone: 'Europe/Berlin' })).toMatchObject({
    title: 'laptop is overdue',
    body: [
      'laptop: No backup for 5d; it should be one every day.',
      'Since 2026-11-21 13:00, for 3h.',
      'What to do: See that the machine is on.',
    ].join('\n'),
  });
});

test('its end says how long it was', () => {
  const watcher = new Watcher({ timeZone: 'Europe/Berlin', pageUrl: 'https://berth.example.org' });
  watcher.stay(startMs, startMs + 2 * hourMs, [overdue('laptop'), overdue('desktop')]);
  watcher.stay(startMs + 2 * hourMs, startMs + 3 * hourMs, []);
  expect(watcher.messages.at(-1)).toMatchObject({
    title: 'Over after 2h: laptop and desktop are overdue',
    body: ['It was so for 2h, from 2026-11-21 13:00 until 2026-11-21 15:00.', 'It was about laptop and desktop.'].join(
      '\n',
    ),
    url: 'https://berth.example.org',
  });
});

test('it leads to the page of the one source it is about, or to that of all', () => {
  const led = (...names: readonly string[]) =>
    told(
      names.map((name) => overdue(name)),
      undefined,
      { pageUrl: 'https://berth.example.org/' },
    ).url;
  expect(led('laptop')).toBe('https://berth.example.org/sources/laptop');
  expect(led('laptop', 'desktop')).toBe('https://berth.example.org/');
  expect(told([overdue('laptop')]).url).toBeNull();
});

test('what is about the server, a channel or a file is called so', () => {
  const of = (code: string, subject?: string) =>
    told([conditionOf(code, null, startMs, { severity: 'critical', ...(subject === undefined ? {} : { subject }) })])
      .title;
  expect(of('disk-floor')).toBe('The disk is full: backups are refused');
  expect(of('channel-failing', 'phone')).toBe('phone does not take messages');
  expect(of('file-broken', 'conditions.json')).toBe('conditions.json was damaged');
  // What a later version finds.
  expect(of('one-of-tomorrow')).toBe('one-of-tomorrow: the server');
});

test('of many sources three are in the title, fifteen in the body, and the rest is said to be more', () => {
  const many = Array.from({ length: 40 }, (_, index) => overdue(`m${index}`));
  const { title, body, sources } = told(many, undefined, { pageUrl: 'https://berth.example.org' });
  expect(title).toBe('m0, m1, m2 and 37 more are overdue');
  expect(body).toContain('- m14: No backup');
  expect(body).not.toContain('- m15:');
  expect(body).toContain('and 25 more: see the page.');
  // What to do is the same for all of them.
  expect(body.match(/What to do/g)).toHaveLength(1);
  expect(sources).toHaveLength(40);
});

/** Letters, and what has broken out of somewhere before. */
const anyText = fc
  .array(
    fc.constantFrom(
      'a',
      'ä',
      '漢',
      '😀',
      ' ',
      '\r\n',
      '\u0000',
      '\u001b[31m',
      '\u202e',
      '\u2028',
      '\ud83d',
      '\udc00',
      '<b>',
      '\u0085',
    ),
    {
      maxLength: 60,
    },
  )
  .map((parts) => parts.join(''));

test('whatever a source says is inert, and bounded', () => {
  const hostile = 'x\r\nBcc: all@example.org\u001b[2J\u202e\u2028\u0000\ud800 <script>';
  const { title, body } = told([
    { ...overdue(hostile), text: `${hostile}\n\nWhat to do: pay ${'y'.repeat(1_000_000)}`, remedy: hostile.repeat(99) },
  ]);
  expect(title).toBe('x Bcc: all@example.org [2J <script> is overdue');
  expect(body.split('\n')).toHaveLength(3);
  fc.assert(
    fc.property(fc.array(anyText, { minLength: 1, maxLength: 20 }), (texts) => {
      const message = told(texts.map((text) => ({ ...overdue(text), text: text.repeat(40), remedy: text.repeat(20) })));
      expect(message.title.length).toBeLessThanOrEqual(120);
      expect(message.body.length).toBeLessThanOrEqual(4000);
      expect(message.title).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      expect(message.body.replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      expect(message.body.split('\n').length).toBeLessThanOrEqual(texts.length + 6);
    }),
    { numRuns: 60 },
  );
});

test('what comes back says so; what comes and goes too, with how often', () => {
  const watcher = new Watcher();
  const since = (hours: number) => startMs + hours * hourMs;
  watcher.stay(since(0), since(1), [overdue('laptop')]);
  watcher.stay(since(1), since(2), []);
  watcher.stay(since(2), since(3), [overdue('laptop', since(2))]);
  expect(watcher.messages.at(-1)).toMatchObject({
    title: 'laptop is overdue, again',
    body: expect.stringContaining('It was over, and has come back.'),
  });
  for (let hours = 3; hours < 40; hours += 2) {
    watcher.stay(since(hours), since(hours + 1), [], 10 * minuteMs);
    watcher.stay(since(hours + 1), since(hours + 2), [overdue('laptop', since(hours + 1))], 10 * minuteMs);
  }
  const flapping = watcher.messages.find(({ title }) => title.endsWith(', on and off'));
  expect(flapping?.body).toMatch(/It comes and goes: it came back \d+ times\./);
});

test('a reminder says how long it has been', () => {
  const watcher = new Watcher();
  watcher.stay(startMs, startMs + dayMs + 2 * minuteMs, [overdue('laptop')]);
  expect(watcher.messages.at(-1)).toMatchObject({
    title: 'Still: laptop is overdue',
    body: expect.stringContaining('Since 2026-11-21 12:00, for 1d.'),
  });
});
