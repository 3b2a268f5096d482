import type { Assignment } from '@berth/common/control/assignment.ts';
import { noPolicy } from '@berth/common/control/policy.ts';
import { describe, expect, test } from 'vitest';
import { cachedFrom } from './assignment.ts';
import { type DueAnswer, type DueQuestion, due, type OwnRuns } from './due.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const at = (text: string): number => Date.parse(`2026-11-${text}:00Z`);
const never: OwnRuns = { lastSuccess: null, failures: 0, lastFailure: null };
const succeeded = (text: string, tookMs = 10 * minute): OwnRuns => ({
  ...never,
  lastSuccess: { startedAtMs: at(text), endedAtMs: at(text) + tookMs },
});

/** The server said it at `asked`, its clock ahead of ours by `aheadMs`; the slot is by its clock. */
const said = (asked: string, slot: string | null, aheadMs = 0, more: Partial<Assignment> = {}) =>
  cachedFrom(
    {
      ...{ version: 1, source: 'box', now: new Date(at(asked) + aheadMs).toISOString(), everyMs: day },
      slot: slot === null ? null : { startsAt: new Date(at(slot)).toISOString(), closesAt: null },
      ...{ lastSuccessAt: null, askAgainAt: new Date(at(asked) + aheadMs + 6 * hour).toISOString() },
      ...{ overdueAfterMs: 2 * day, policy: noPolicy, ...more },
    },
    new Date(at(asked)),
  );

const ask = (now: string, question: Partial<DueQuestion>): DueAnswer =>
  due({ nowMs: at(now), cached: null, own: never, server: 'unasked', ...question });

describe('with a server that answers', () => {
  const cached = said('14T20:00', '15T02:00');

  test('who knows nothing asks', () => {
    expect(ask('14T20:00', {})).toEqual({ kind: 'ask' });
  });

  test('nobody is asked while the answer holds, and the slot is waited for when it is near', () => {
    expect(ask('14T21:00', { cached })).toMatchObject({ kind: 'not-due', slotAtMs: at('15T02:00') });
    expect(ask('15T01:44', { cached })).toEqual({ kind: 'wait', untilMs: at('15T02:00') });
    const fresh = said('15T01:50', '15T02:00');
    expect(ask('15T02:00', { cached: fresh })).toEqual({ kind: 'run', sinceMs: at('15T02:00') });
  });

  test('an answer that is too old, or from the future of a clock that was set back, is asked for again', () => {
    expect(ask('15T03:00', { cached })).toEqual({ kind: 'ask' });
    expect(ask('14T19:00', { cached })).toEqual({ kind: 'ask' });
  });

  test('a slot that was missed is due at once', () => {
    const missed = said('16T09:00', '16T02:00');
    expect(ask('16T09:00', { cached: missed, server: 'answered' })).toEqual({ kind: 'run', sinceMs: at('16T02:00') });
  });

  test('a local clock that is three hours slow still meets the slot', () => {
    const slow = said('14T20:00', '15T02:00', 3 * hour);
    expect(ask('14T22:50', { cached: slow })).toEqual({ kind: 'wait', untilMs: at('14T23:00') });
  });

  test('a run made by hand since the answer makes it worth asking again; what is then said counts', () => {
    const own = succeeded('15T01:00');
    expect(ask('15T01:50', { cached, own })).toEqual({ kind: 'ask' });
    const next = said('15T01:50', '16T02:00');
    expect(ask('15T01:50', { cached: next, own, server: 'answered' })).toMatchObject({ kind: 'not-due' });
  });

  test('where nothing is planned nothing runs, and every wake asks', () => {
    const nothing = said('14T20:00', null);
    expect(ask('14T20:00', { cached: nothing, server: 'answered' })).toMatchObject({ kind: 'not-due', slotAtMs: null });
    expect(ask('14T20:15', { cached: nothing })).toEqual({ kind: 'ask' });
  });

  test('a server that does not believe a success gets the next one hours later, not with every wake', () => {
    const own = succeeded('15T02:00');
    const doubted = (now: string) => ask(now, { cached: said(now, '15T02:00'), own, server: 'answered' });
    expect(doubted('15T02:25')).toMatchObject({ kind: 'not-due', nextAtMs: at('15T08:10') });
    expect(doubted('15T08:15')).toMatchObject({ kind: 'run' });
  });
});

describe('what no server can mean', () => {
  const far = { askAgainAt: '2099-01-01T00:00:00Z' };

  test('an answer holds for a day, whatever it says', () => {
    const cached = said('14T20:00', '16T02:00', 0, far);
    expect(ask('15T19:00', { cached })).toMatchObject({ kind: 'not-due', nextAtMs: at('15T20:00') });
    expect(ask('15T20:00', { cached })).toEqual({ kind: 'ask' });
    const nothing = said('14T20:00', null, 0, far);
    expect(ask('14T20:00', { cached: nothing, server: 'answered' })).toMatchObject({ nextAtMs: at('15T20:00') });
  });

  test('a slot in years keeps no machine from its day when the server is away', () => {
    const slot = { startsAt: '2099-01-01T00:00:00Z', closesAt: null };
    const cached = said('14T20:00', null, 0, { ...far, slot });
    expect(ask('14T21:00', { cached, server: 'answered' })).toMatchObject({ slotAtMs: null, nextAtMs: at('15T20:00') });
    expect(ask('16T02:00', { cached, own: succeeded('15T02:00'), server: 'away' })).toMatchObject({ kind: 'run' });
    const week = said('14T20:00', '21T02:00', 0, { everyMs: 7 * day });
    expect(ask('16T02:00', { cached: week, own: succeeded('14T02:00'), server: 'away' })).toMatchObject({
      ...{ kind: 'not-due', slotAtMs: at('21T02:00') },
    });
  });
});

describe('with a server that is away', () => {
  const cached = said('14T20:00', '15T02:00');
  const away = (now: string, own: OwnRuns = never) => ask(now, { cached, own, server: 'away' });

  test('runs go by the last known slot, and then every period from there', () => {
    expect(away('15T01:50')).toMatchObject({ kind: 'wait' });
    expect(away('15T02:00')).toMatchObject({ kind: 'run' });
    expect(away('15T03:00', succeeded('15T02:00'))).toMatchObject({ kind: 'not-due', slotAtMs: at('16T02:00') });
    expect(away('16T01:50', succeeded('15T02:00'))).toEqual({ kind: 'wait', untilMs: at('16T02:00') });
    expect(away('18T09:00', succeeded('15T02:00'))).toMatchObject({ kind: 'run', sinceMs: at('16T02:00') });
    expect(away('18T10:00', succeeded('18T09:00'))).toMatchObject({ kind: 'not-due', slotAtMs: at('19T02:00') });
  });

  test('one made by hand in the evening counts for the night', () => {
    expect(away('16T02:05', succeeded('15T21:00'))).toMatchObject({ kind: 'not-due', slotAtMs: at('17T02:00') });
  });

  test('without any slot ever known a run is due every 24 hours', () => {
    const alone = (now: string, own: OwnRuns) => ask(now, { own, server: 'away' });
    expect(alone('15T09:00', never)).toMatchObject({ kind: 'run' });
    expect(alone('15T09:00', succeeded('14T10:00'))).toMatchObject({ kind: 'not-due', slotAtMs: at('15T10:00') });
    expect(alone('15T10:00', succeeded('14T10:00'))).toMatchObject({ kind: 'run' });
  });
});

describe('after a run that failed', () => {
  const after = (now: string, failures: number, reason: string) =>
    ask(now, {
      cached: said(now, '15T02:00'),
      own: { ...never, failures, lastFailure: { endedAtMs: at('15T03:00'), reason } },
      server: 'answered',
    }).kind;

  test('the next comes ever later, so that a hook that fails does not run every quarter of an hour', () => {
    expect(after('15T03:10', 1, 'hook-failed')).toBe('not-due');
    expect(after('15T03:15', 1, 'hook-failed')).toBe('run');
    expect(after('15T03:45', 3, 'hook-failed')).toBe('not-due');
    expect(after('15T04:00', 3, 'hook-failed')).toBe('run');
    expect(after('15T08:50', 300, 'hook-failed')).toBe('not-due');
    expect(after('15T09:00', 300, 'hook-failed')).toBe('run');
  });

  test('but a server that could not be reached is tried with every wake', () => {
    expect(after('15T03:15', 300, 'unreachable')).toBe('run');
  });
});
