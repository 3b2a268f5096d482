import { expect, test } from 'vitest';
import { withoutCoordinator } from '../run/outbox.ts';
import { eventText } from './show-run.ts';

test('who waits sees the place in the queue and when it asks again', () => {
  const at = (position: number) => eventText({ type: 'waiting', position, retryAfterMs: 10_000, words: '' });
  expect(at(2)).toBe('waiting: 2nd in the queue, again in 10 s\n');
  expect([1, 3, 4, 11, 12, 13, 21, 112].map((position) => at(position).split(' ')[1])).toEqual([
    '1st',
    '3rd',
    '4th',
    '11th',
    '12th',
    '13th',
    '21st',
    '112th',
  ]);
});

test('of reports only what is not well is said', () => {
  const handed = { type: 'handed-in', delivered: 1, refused: 0, waiting: 0, detail: null } as const;
  expect(eventText(handed)).toBe('');
  expect(eventText({ ...handed, waiting: 3, detail: withoutCoordinator })).toBe('');
  expect(eventText({ ...handed, waiting: 1, detail: 'cut' })).toBe('The report waits on this machine: cut.\n');
  expect(eventText({ ...handed, refused: 2 })).toContain('did not take 2 reports');
});
