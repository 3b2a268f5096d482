import { describe, expect, test } from 'vitest';
import { type Asker, type Decision, decide, type Question } from './decide.ts';

const minuteMs = 60_000;
const nowMs = Date.parse('2026-11-22T01:00Z');

/** A period after its last success, half an hour long. */
const asker = (source: string, rest: Partial<Asker> = {}): Asker => ({
  ...{ source, person: false, staleness: 1, askedAtMs: nowMs, keepUntilMs: nowMs + minuteMs },
  lengthMs: 30 * minuteMs,
  ...rest,
});
const ask = (one: Asker, rest: Partial<Question> = {}): Decision =>
  decide({
    nowMs,
    concurrency: 2,
    held: [],
    waiting: [one, ...(rest.waiting ?? [])],
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
      asker('b', { staleness: 40 }),
    ],
    ['the staler of two', asker('a', { staleness: 1.4 }), asker('b', { staleness: 1.3 })],
    ['the staler of two, however long the other waits', asker('a', { staleness: 1.4 }), asker('b', { askedAtMs: 0 })],
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
});

describe('when to ask again', () => {
  const retry = (decision: Decision): number => (decision.kind === 'waiting' ? decision.retryAfterMs : 0);

  test('the head every ten seconds', () => {
    expect(retry(ask(asker('a'), { held: held(2, 300) }))).toBe(10_000);
  });

  const behind = (count: number, lengthMs: number) =>
    Array.from({ length: count }, (_, index) => asker(`b${index}`, { staleness: 1.5, lengthMs }));

  test('those behind it when half of what is before them should be over', () => {
    const ahead = behind(9, 10_000);
    expect(retry(ask(asker('a'), { concurrency: 2, held: held(2, 1), waiting: ahead }))).toBe((60_000 + 45_000) / 2);
  });

  test('never later than ten seconds for each place they are behind, and ten minutes', () => {
    const long = 6 * minuteMs;
    expect(retry(ask(asker('a'), { concurrency: 1, held: held(1, 400), waiting: behind(1, long) }))).toBe(20_000);
    expect(retry(ask(asker('a'), { concurrency: 1, held: held(1, 400), waiting: behind(30, long) }))).toBe(310_000);
    expect(retry(ask(asker('a'), { concurrency: 1, held: held(1), waiting: behind(99, long) }))).toBe(10 * minuteMs);
  });

  test('not all at once when those who run should be over long ago', () => {
    const ahead = behind(4, 0);
    expect(retry(ask(asker('a'), { concurrency: 1, held: held(1, -60), waiting: ahead }))).toBe(50_000);
    expect(retry(ask(asker('a'), { concurrency: 5, held: held(5, -60), waiting: ahead }))).toBe(10_000);
  });
});
