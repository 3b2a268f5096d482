import { expect, test } from 'vitest';
import type { ConditionCode, Word } from '../../events/condition.ts';
import { believedOfMonitor } from './heard.ts';

const raise = (code: ConditionCode, source: string | null = null, subject: string | null = 'mail'): Word => ({
  raise: { code, source, subject, severity: 'warning', text: 'so', remedy: 'look' },
});

test('the monitor is believed about its channels, its digest and its page', () => {
  const words: readonly Word[] = [
    raise('channel-failing'),
    raise('digest-unsent', null, null),
    raise('page-down', null, null),
    { resolve: 'channel-failing::mail' },
  ];
  expect(believedOfMonitor(words, [])).toEqual(words);
});

test('it can neither hush up what others found nor cry it, nor speak of a source', () => {
  const words: readonly Word[] = [
    raise('mass-delete'),
    raise('monitor-down', null, null),
    raise('channel-failing', 'laptop'),
    { resolve: 'mass-delete:laptop' },
    { resolve: 'overdue:laptop' },
    { resolve: 'monitor-down' },
  ];
  expect(believedOfMonitor(words, [])).toEqual([]);
});

test('it can not fill the disk with conditions', () => {
  const many = Array.from({ length: 3000 }, (_, index) => raise('channel-failing', null, `${index}`));
  expect(believedOfMonitor(many, [])).toHaveLength(1000);
});
