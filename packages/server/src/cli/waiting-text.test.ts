import { Problem } from '@berth/common/problem.ts';
import { expect, test } from 'vitest';
import { waitingLines } from './waiting-text.ts';

const minuteMs = 60_000;
const nowMs = 100 * minuteMs;
const message = { channel: 'mail', title: 'laptop is overdue', createdMs: nowMs - 90 * minuteMs };

test('what is on its way names the channel, the message, what became of it, and when it is tried next', () => {
  const tried = { ...message, attempts: 4, nextMs: nowMs + 30 * minuteMs, error: 'No route to host.\u001b[2J' };
  const lines = waitingLines({ kind: 'waiting', messages: [tried], more: 3 }, nowMs);
  expect(lines.slice(0, 3)).toEqual(['', 'Still to be delivered:', '  to mail, for 1h30m: laptop is overdue']);
  expect(lines[3]).toMatch(/^ {4}Tried 4 times: No route to host.*Next try in 30m\.$/);
  expect(lines[4]).toBe('  and 3 more');
  expect(lines.join('')).not.toContain('\u001b');
  const fresh = { ...message, attempts: 0, nextMs: nowMs, error: null };
  expect(waitingLines({ kind: 'waiting', messages: [fresh], more: 0 }, nowMs).at(-1)).toBe('    It is due now.');
});

test('where nothing is, nothing is said; where it can not be seen, why', () => {
  expect(waitingLines({ kind: 'waiting', messages: [], more: 0 }, nowMs)).toEqual([]);
  const lines = waitingLines(new Problem('monitor-failed', 'The monitor did not answer.', 'Type it as root.'), nowMs);
  expect(lines).toEqual([
    '',
    'What is still to be delivered can not be shown. The monitor did not answer.',
    '  Type it as root.',
  ]);
});
