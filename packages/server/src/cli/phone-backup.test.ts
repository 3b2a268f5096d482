import { expect, test } from 'vitest';
import { backupText, delayText } from './phone-backup.ts';

const result = {
  ended: 'ran',
  snapshot: 'aabbccddeeff',
  warnings: [],
  words: [],
  message: null,
  remedy: null,
  nextAt: null,
};

test('a backup that has not everything says why, in restic’s own words made harmless', () => {
  const text = backupText('lisa-phone', {
    ...{ ...result, outcome: 'incomplete', message: 'Not all of it.', remedy: 'Let it be read.' },
    words: ['backup: /phones/lisa/\u001b[2Jclosed.jpg: permission denied'],
  });
  expect(text.split('\n')).toEqual([
    'lisa-phone is backed up, but not all of it: snapshot aabbccdd….',
    '  Not all of it.',
    '  Let it be read.',
    '    backup: /phones/lisa/\\u{1b}[2Jclosed.jpg: permission denied',
    '',
  ]);
});

test('whoever waits for a backup is told why, and that it can be ended', () => {
  expect(delayText({ type: 'waiting', position: 2 })).toBe(
    'the server is busy: number 2 in its queue; Ctrl-C ends the waiting\n',
  );
  expect(delayText({ type: 'retry', reason: 'connection', delayMs: 4200 })).toBe(
    'this try failed (connection); the next comes in 5 s, Ctrl-C ends it\n',
  );
  expect(delayText({ type: 'settling' })).toBeNull();
});
