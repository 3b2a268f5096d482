import { describe, expect, test } from 'vitest';
import { type Asker, type Decision, decide, type Question } from './decide.ts';

const minuteMs = 60_000;
const nowMs = Date.parse('2026-11-22T01:00Z');

/** On time for its slot, a day after its last success, half an hour long. */
const asker = (source: string, rest: Partial<Asker> = {}): Asker => ({
  ...{ source, person: false, staleness: 1, askedAtMs: nowMs, keepUntilMs: nowMs + minuteMs },
  ...{ lengthMs: 30 * minuteMs, slotStartsAtMs: nowMs },
  ...rest,
});
/** One that catches up on a slot of some hours ago. */
const late = (source: string, rest: Partial<Asker> = {}): Asker =>
  asker(source, { staleness: 1.3, slotStartsAtMs: nowMs - 5 * 60 * minuteMs, ...rest });

const ask = (one: Asker, rest: Partial<Question> = {}): Decision =>
  decide({
    nowMs,
    concurrency: 2,
    held: [],
    waiting: [one, ...(rest.waiting ?? [])],
    planned: [],
    asker: one,
    ...without(rest),
  });
const without = ({ waiting: _, ...rest }: Partial<Question>): Partial<Question> => rest;
const held = (count: number, minutes = 10) =>
  Array.from({ length: count }, (_, index) => ({ source: `held${index}`, endsAtMs: nowMs + minutes * minuteMs }));
const position = (decision: Decision): number => (decision.kind === 'waiting' ? decision.position : 0);

describe('a place', () => {
  test('is given while one is free', () => {
    expect(ask(asker('a'))).toEqual({ kind: 'granted' });
    expect(ask(asker('a'), { held: held(1) })).toEqual({ kind: 'granted' });
    expect(ask(asker('a'), { held: held(2) })).toMatchObject({ kind: 'waiting', position: 1 });
  });

  test('is not given when fewer are allowed than are held, after the admin has lowered their number', () => {
    expect(ask(asker('a'), { held: held(3), concurrency: 1 })).toMatchObject({ kind: 'waiting' });
  });

  test('is given again to who holds it', () => {
    expect(ask(asker('held0'), { held: held(2) })).toEqual({ kind: 'granted' });
  });

  test('goes to those ahead first, and to the asker only if they leave one over', () => {
    const ahead = asker('b', { staleness: 1.5 });
    expect(ask(asker('a'), { held: held(1), waiting: [ahead] })).toMatchObject({ kind: 'waiting', position: 2 });
    expect(ask(asker('a'), { waiting: [ahead] })).toEqual({ kind: 'granted' });
  });

  test('is not kept for who did not come again', () => {
    const gone = asker('b', { staleness: 9, keepUntilMs: nowMs - 1 });
    expect(ask(asker('a'), { held: held(1), waiting: [gone] })).toEqual({ kind: 'granted' });
  });
});

describe('the queue', () => {
  const full = { held: held(2) };
  test.each<[string, Asker, Asker]>([
    [
      'a person before one that never succeeded',
      asker('a', { person: true }),
      asker('b', { staleness: Number.POSITIVE_INFINITY }),
    ],
    [
      'one that never succeeded before one that is very late',
      asker('a', { staleness: Number.POSITIVE_INFINITY }),
      late('b', { staleness: 40 }),
    ],
    ['one two periods late before one on time', late('a', { staleness: 2 }), asker('b')],
    ['one on time before one that catches up', asker('a'), late('b', { staleness: 1.9 })],
    ['of two that catch up the staler', late('a', { staleness: 1.4 }), late('b')],
    ['of two alike who asked first', asker('a'), asker('b', { askedAtMs: nowMs + 1 })],
    [
      'of two that never succeeded who asked first',
      asker('a', { staleness: Number.POSITIVE_INFINITY }),
      asker('b', { staleness: Number.POSITIVE_INFINITY, askedAtMs: nowMs + 1 }),
    ],
    ['of two who asked at once the one whose name comes first', asker('a'), asker('b')],
  ])('%s', (_, first, second) => {
    expect(position(ask(first, { ...full, waiting: [second] }))).toBe(1);
    expect(position(ask(second, { ...full, waiting: [first] }))).toBe(2);
  });

  test('who came on time keeps that, however long it waits', () => {
    const waited = asker('a', { askedAtMs: nowMs - 3 * 60 * minuteMs, slotStartsAtMs: nowMs - 3 * 60 * minuteMs });
    expect(position(ask(waited, { ...full, waiting: [late('b', { staleness: 1.9 })] }))).toBe(1);
  });
});

describe('one that catches up', () => {
  const soon = (minutes: number) => [{ source: 's', startsAtMs: nowMs + minutes * minuteMs }];

  test('leaves room for a slot that begins while it would run', () => {
    expect(ask(late('a'), { held: held(1, 60), planned: soon(20) })).toMatchObject({ kind: 'waiting', position: 1 });
    expect(ask(late('a', { lengthMs: 10 * minuteMs }), { held: held(1, 60), planned: soon(20) })).toEqual({
      kind: 'granted',
    });
  });

  test('looks half an hour ahead, however long it runs', () => {
    expect(ask(late('a', { lengthMs: 5 * 60 * minuteMs }), { held: held(1, 60), planned: soon(31) })).toEqual({
      kind: 'granted',
    });
  });

  test('counts a place that is free again by then', () => {
    expect(ask(late('a'), { held: held(1, 15), planned: soon(20) })).toEqual({ kind: 'granted' });
    expect(
      ask(late('a'), { held: held(1, 15), planned: [...soon(20), { source: 't', startsAtMs: nowMs + 25 * minuteMs }] }),
    ).toMatchObject({ kind: 'waiting' });
  });

  test('also leaves room for one whose slot began a moment ago, but not for one that did not come', () => {
    expect(ask(late('a'), { held: held(1, 60), planned: soon(-1) })).toMatchObject({ kind: 'waiting' });
    expect(ask(late('a'), { held: held(1, 60), planned: soon(-3) })).toEqual({ kind: 'granted' });
  });

  test('does so no longer when it is two periods late; nor does who is on time, or a person', () => {
    const rest = { held: held(1, 60), planned: soon(5) };
    expect(ask(late('a', { staleness: 2 }), rest)).toEqual({ kind: 'granted' });
    expect(ask(asker('a'), rest)).toEqual({ kind: 'granted' });
    expect(ask(asker('a', { person: true, slotStartsAtMs: null }), rest)).toEqual({ kind: 'granted' });
  });

  test('does not keep the room that it leaves from the one whose slot it is', () => {
    expect(ask(asker('s'), { held: held(1, 60), waiting: [late('a')] })).toEqual({ kind: 'granted' });
  });
});

describe('when to ask again', () => {
  const retry = (decision: Decision): number => (decision.kind === 'waiting' ? decision.retryAfterMs : 0);

  test('the head every ten seconds', () => {
    expect(retry(ask(asker('a'), { held: held(2, 300) }))).toBe(10_000);
  });

  test('those behind it when half of what is before them should be over, and within ten minutes', () => {
    const ahead = [asker('b', { staleness: 1.5, lengthMs: 6 * minuteMs })];
    expect(retry(ask(asker('a'), { concurrency: 1, held: held(1, 4), waiting: ahead }))).toBe(5 * minuteMs);
    expect(retry(ask(asker('a'), { concurrency: 1, held: held(1, 400), waiting: ahead }))).toBe(10 * minuteMs);
  });

  test('not all at once when those who run should be over long ago', () => {
    const ahead = Array.from({ length: 4 }, (_, index) => asker(`b${index}`, { staleness: 1.5, lengthMs: 0 }));
    expect(retry(ask(asker('a'), { concurrency: 1, held: held(1, -60), waiting: ahead }))).toBe(50_000);
    expect(retry(ask(asker('a'), { concurrency: 5, held: held(5, -60), waiting: ahead }))).toBe(10_000);
  });
});
