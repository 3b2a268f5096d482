import { expect, test } from 'vitest';
import { backupText } from './phone-backup.ts';

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
