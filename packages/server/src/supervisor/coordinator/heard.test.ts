import { expect, test } from 'vitest';
import type { Condition, Word } from '../../events/condition.ts';
import { believed } from './heard.ts';

const names = new Set(['laptop']);
const raise = (
  source: string | null,
  subject: string | null = null,
  code: 'overdue' | 'mass-delete' = 'overdue',
): Word => ({
  raise: { code, source, subject, severity: 'warning', text: 'so', remedy: 'look' },
});
const openOne = (key: string, code: string): Condition => ({
  ...{ key, code, source: 'laptop', severity: 'warning', text: '', remedy: '' },
  ...{ since: '2026-11-14T02:00:00.000Z', changedAt: '2026-11-14T02:00:00.000Z' },
});

test('the coordinator is believed about its own conditions, and about sources in force', () => {
  const words: readonly Word[] = [raise('laptop'), raise(null), { resolve: 'overdue:laptop' }];
  expect(believed(words, names, [])).toEqual(words);
  expect(believed([raise('nobody')], names, [])).toEqual([]);
});

test('it can neither hush up a mass deletion nor cry one', () => {
  const words: readonly Word[] = [
    { resolve: 'mass-delete:laptop' },
    { resolve: 'overdue-mass-delete:laptop' },
    { resolve: 'coordinator-down' },
    raise('laptop', null, 'mass-delete'),
  ];
  expect(believed(words, names, [])).toEqual([]);
});

test('it can not fill the disk with conditions: ten for each source is more than it ever has', () => {
  const many = Array.from({ length: 1000 }, (_, index) => raise('laptop', `${index}`));
  expect(believed(many, names, [])).toHaveLength(20);
  const open = Array.from({ length: 20 }, (_, index) => openOne(`overdue:laptop:${index}`, 'overdue'));
  expect(believed([raise('laptop', 'new')], names, open)).toEqual([]);
  // What is so already may be said again, and what others found does not count.
  expect(believed([raise('laptop', '7')], names, open)).toHaveLength(1);
  const rot = Array.from({ length: 20 }, (_, index) => openOne(`bit-rot:laptop:${index}`, 'bit-rot'));
  expect(believed([raise('laptop', 'new')], names, rot)).toHaveLength(1);
});
