import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { classifyFailure, hopelessLine } from './classify.ts';
import { createRecord } from './record.ts';

/** Captured from restic 0.14.0 and 0.18.0 of Debian, names of machines and folders replaced. */
const endings = z
  .array(z.object({ restic: z.string(), case: z.string(), exitCode: z.number(), kind: z.string(), stderr: z.string() }))
  .parse(JSON.parse(readFileSync(new URL('fixtures/endings.json', import.meta.url), 'utf8')));

const wordsOf = (stderr: string) => {
  const record = createRecord(() => undefined);
  for (const line of stderr.split('\n')) record.stderr(line);
  return record.collected();
};

test.each(endings)('restic $restic, $case: $kind', ({ exitCode, stderr, kind }) => {
  expect(classifyFailure({ exitCode, words: wordsOf(stderr).words })).toBe(kind);
});

test.each([
  [
    'out-of-space',
    'Save(<data/f753820e42>) returned error, retrying after 720.254544ms: server response unexpected: 507 Insufficient Storage (507)',
  ],
  [
    'out-of-space',
    'Save(<data/eb29c8ca45>) returned error, retrying after 594.72785ms: unexpected HTTP response (507): 507 Insufficient Storage',
  ],
  [
    'refused',
    'Save(<data/13ab9bc8fe>) returned error, retrying after 1.306904038s: unexpected HTTP response (403): 403 Forbidden',
  ],
  ['connection-cut', 'Save(<data/5b75c3f713>) failed: rclone stdio connection already closed'],
  [null, 'Load(<data/e87a0f6eab>, 18071016, 0) returned error, retrying after 552.330144ms: unexpected EOF'],
  [null, '/home/507 Insufficient Storage does not exist, skipping'],
  [null, 'rclone: 403 Forbidden'],
])('%s: a line after which restic would go on retrying in vain', (kind, line) => {
  expect(hopelessLine(line)).toBe(kind);
});

test('the name of a file that can not be read never decides what a failure is', () => {
  const line = JSON.stringify({
    message_type: 'error',
    error: {},
    during: 'archival',
    item: '/wrong password or no key found',
  });
  expect(wordsOf(line)).toMatchObject({ words: [], itemErrorCount: 1 });
});

test('an errno of restic 0.14 gets its name', () => {
  const line =
    '{"message_type":"error","error":{"Op":"open","Path":"src/f1","Err":13},"during":"archival","item":"/srv/f1"}';
  expect(wordsOf(line).itemErrors).toEqual([{ item: '/srv/f1', during: 'archival', message: 'open EACCES' }]);
});

test('a million lines are kept in bounded memory: the first, the last, and a count', () => {
  const record = createRecord(() => undefined);
  for (let index = 0; index < 1_000_000; index += 1) record.stderr(`line ${index}`);
  const { words } = record.collected();
  expect([words.length, words[0], words.at(-1)]).toEqual([200, 'line 0', 'line 999999']);
});

test('escape sequences of a hostile file name reach neither terminal nor report', () => {
  expect(wordsOf('\u001b[2Ja\u001b[31mb\u0008c').words).toEqual(['ab c']);
});

test.each([
  [10, 'no-repository'],
  [11, 'locked'],
  [12, 'wrong-password'],
  [130, 'cancelled'],
  [77, 'failed'],
  [null, 'failed'],
])('exit code %s is %s whatever words a later restic finds for it', (exitCode, kind) => {
  expect(classifyFailure({ exitCode, words: ['Fatal: alas'] })).toBe(kind);
});

test('a type of message that a later restic adds is no warning; a broken line is', () => {
  expect(wordsOf('{"message_type":"new_in_0.30","x":1}').warnings).toEqual([]);
  expect(wordsOf('{"x":1}').warnings).toHaveLength(1);
});
