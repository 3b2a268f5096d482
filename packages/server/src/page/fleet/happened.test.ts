import { expect, test } from 'vitest';
import type { ConditionEvent } from '../../events/condition.ts';
import { happenedOf } from './happened.ts';

const event = (key: string, what: ConditionEvent['event']): ConditionEvent => ({
  ...{ version: 1, at: '2026-11-21T02:00:00.000Z', event: what, key, code: 'run-failing', source: key },
  ...{ severity: 'warning', text: 'It failed.', remedy: '', openMs: 0 },
});

test('what flaps is one line that says how often, where its newest event stands', () => {
  const flapping = Array.from({ length: 100 }, () => [event('a', 'raised'), event('a', 'resolved')]).flat();
  const all = happenedOf([event('b', 'raised'), ...flapping, event('c', 'raised')]);
  expect(all.map(({ last, times }) => [last.key, last.event, times])).toEqual([
    ['c', 'raised', 1],
    ['a', 'resolved', 100],
    ['b', 'raised', 1],
  ]);
});
