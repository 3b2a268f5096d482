import { describe, expect, test } from 'vitest';
import { type Condition, decide, keyOf, type Raised, type Word } from './condition.ts';

const at = Date.parse('2026-11-14T02:00:00Z');
const rot: Raised = {
  code: 'bit-rot',
  source: 'laptop',
  subject: 'data/ab12',
  severity: 'critical',
  text: 'data/ab12 was damaged.',
  remedy: 'Back up again.',
};

/** Says words one after another, an hour apart. */
const after = (...said: readonly (readonly Word[])[]) => {
  let open: readonly Condition[] = [];
  const events: string[] = [];
  for (const [hour, words] of said.entries()) {
    const decided = decide(open, words, at + hour * 3_600_000);
    open = decided.open;
    events.push(...decided.events.map(({ event, key, openMs }) => `${event} ${key} ${openMs / 3_600_000} h`));
  }
  return { open, events };
};

test('what is raised again and again is one event, from the first time on', () => {
  const { open, events } = after([{ raise: rot }], [{ raise: rot }], [{ raise: { ...rot, text: 'Still.' } }]);
  expect(events).toEqual(['raised bit-rot:laptop:data/ab12 0 h']);
  expect(open).toMatchObject([
    { since: '2026-11-14T02:00:00.000Z', changedAt: '2026-11-14T04:00:00.000Z', text: 'Still.' },
  ]);
  expect(decide(open, [{ raise: { ...rot, text: 'Still.' } }], at).changed).toBe(false);
});

test('another severity is an event, worse or better', () => {
  const { events } = after(
    [{ raise: { ...rot, severity: 'warning' } }],
    [{ raise: rot }],
    [{ raise: { ...rot, severity: 'notice' } }],
  );
  expect(events.map((event) => event.split(' ')[0])).toEqual(['raised', 'worse', 'better']);
});

test('what is resolved tells how long it was so, and nothing is resolved twice', () => {
  const key = keyOf(rot);
  const { open, events } = after([{ raise: rot }], [], [{ resolve: key }, { resolve: key }], [{ resolve: key }]);
  expect(open).toEqual([]);
  expect(events).toEqual([`raised ${key} 0 h`, `resolved ${key} 2 h`]);
});

describe('a key', () => {
  test('names the code, and the source and subject where there is one', () => {
    expect(keyOf(rot)).toBe('bit-rot:laptop:data/ab12');
    expect(keyOf({ code: 'mass-delete', source: 'laptop', subject: null })).toBe('mass-delete:laptop');
    expect(keyOf({ code: 'clock-jump', source: null, subject: null })).toBe('clock-jump');
    expect(keyOf({ code: 'file-broken', source: null, subject: 'jobs.json' })).toBe('file-broken::jobs.json');
  });
});

test("no control character of a job's words reaches a terminal, and nobody fills the disk with them", () => {
  const text = `\u001b[2J\u202egone\r\n${'x'.repeat(5000)}`;
  const [condition] = decide([], [{ raise: { ...rot, text } }], at).open;
  expect(condition?.text).toMatch(/^ \[2J gone x+$/);
  expect(condition?.text.length).toBe(2000);
});
