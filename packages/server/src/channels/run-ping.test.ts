import type { Report } from '@berth/common/report.ts';
import { expect, test } from 'vitest';
import { outline } from '../coordinator/testing.ts';
import { endPing } from './run-ping.ts';

const run = '123e4567-e89b-12d3-a456-426614174000';
const at = '2026-11-21T05:00:00Z';
const report: Report = {
  ...{ version: 1, run, source: 'laptop', startedAt: at, endedAt: at, outcome: 'failed', reason: 'wrong-password' },
  versions: { berth: '0.1.0', restic: '0.18.1', node: '24.21.0', system: 'Linux' },
  ...{
    message: 'restic said: wrong password.',
    remedy: 'Type: berth doctor',
    attempts: 2,
    dryRun: false,
    snapshot: null,
  },
  ...{ dumps: [], stepsLeftOut: 0, warnings: [] },
  steps: [
    {
      ...{
        name: 'backup',
        subject: null,
        attempt: 2,
        startedAt: at,
        endedAt: at,
        outcome: 'failed',
        reason: 'wrong-password',
        numbers: {},
      },
      ...{ words: ['Fatal: wrong password or no key found'], warnings: ['a warning'] },
    },
  ],
};

test('a run that made a snapshot is a success, with warnings too', () => {
  expect(endPing('laptop', outline({ run, snapshot: '1a2b3c4d5e6f' }), null)).toMatchObject({
    ...{ kind: 'success', run, words: 'laptop: snapshot 1a2b3c4d.' },
  });
  expect(endPing('laptop', outline({ outcome: 'incomplete', snapshot: '1a2b3c4d', warnings: 3 }), null)).toMatchObject({
    ...{ kind: 'success', words: 'laptop: snapshot 1a2b3c4d with 3 warnings.' },
  });
});

test("a failure says why, with the run's own words", () => {
  const failed = outline({ outcome: 'failed', snapshot: null, message: 'restic said: wrong password.' });
  expect(endPing('laptop', failed, report)).toMatchObject({
    ...{ kind: 'failure', words: 'laptop: restic said: wrong password.' },
    log: '[backup, try 2] failed (wrong-password)\nFatal: wrong password or no key found\na warning\n\nType: berth doctor',
  });
});

test('what is neither keeps the switch waiting, and a run that did nothing is not told at all', () => {
  expect(endPing('laptop', outline({ outcome: 'cancelled', snapshot: null }), null)).toMatchObject({ kind: 'noted' });
  expect(endPing('laptop', outline({ outcome: 'ok', snapshot: null }), null)).toMatchObject({ kind: 'noted' });
  expect(endPing('laptop', outline({ dryRun: true }), null)).toMatchObject({ kind: 'noted' });
  expect(endPing('laptop', outline({ outcome: 'busy' }), null)).toBeNull();
});
