import { Problem } from '@berth/common/problem.ts';
import { expect, test } from 'vitest';
import { stage } from '../run/testing.ts';
import { type DaemonLog, daemonLog } from './daemon-log.ts';

const at = new Date(2026, 10, 21, 12, 0);
const said = (json: boolean, tell: (log: DaemonLog) => void): readonly string[] => {
  const lines: string[] = [];
  tell(daemonLog({ json, now: () => at, write: (text) => void lines.push(text) }));
  return lines;
};
const notDue = { type: 'woke', end: { kind: 'not-due', nextAt: at } } as const;
const planned = { type: 'woke', end: { kind: 'not-due', nextAt: at, slotAt: new Date(2026, 10, 22, 3, 15) } } as const;
const busy = { type: 'woke', end: { kind: 'skipped', reason: 'busy', nextAt: at } } as const;
const waiting = (position: number) =>
  ({ type: 'waiting', position, retryAfterMs: 10_000, words: 'two others run' }) as const;

test('what is as it was at the last wake is not said again', () => {
  const lines = said(false, (log) => {
    for (const event of [notDue, notDue, busy, busy, notDue, planned, planned]) log.daemon(event);
    for (const position of [2, 2, 1]) log.run(waiting(position));
    const skipped = { reason: 'on-battery', since: at, first: at, until: new Date(2026, 10, 24, 12, 0) } as const;
    log.skipped(skipped, true);
    log.skipped(skipped, false);
  });
  expect(lines).toEqual([
    '2026-11-21 12:00  No run is due.\n',
    '2026-11-21 12:00  Another run is going on.\n',
    '2026-11-21 12:00  No run is due.\n',
    '2026-11-21 12:00  No run is due; the next begins at 2026-11-22 03:15.\n',
    '2026-11-21 12:00  waiting: 2nd in the queue, again in 10 s (two others run)\n',
    '2026-11-21 12:00  waiting: 1st in the queue, again in 10 s (two others run)\n',
    '2026-11-21 12:00  A run is due, but this machine runs on its battery: it waits, until 2026-11-24 12:00 at most. "berth backup" runs now.\n',
  ]);
});

test('a run that failed says what happened and what to do; a problem and a bug too', async () => {
  await using home = await stage();
  const { report } = await home.run(new Problem('config-missing', 'agent.yaml is not there.', 'Run berth enroll.'));
  const lines = said(false, (log) => {
    log.daemon({ type: 'woke', end: { kind: 'ran', report } });
    log.daemon({ type: 'failed', error: new Problem('x', 'It broke.', 'Mend it.') });
    log.daemon({ type: 'failed', error: new Error('surprise') });
    log.daemon({ type: 'jumped', byMs: 3_600_000 });
    log.daemon({ type: 'jumped', byMs: -3_600_000 });
  }).join('');
  for (const words of [
    'Backup FAILED, took 0 s. agent.yaml is not there. Run berth enroll.\n',
    'It broke. Mend it.\n',
    'berth itself failed: Error: surprise\n',
    'its clock was set: 1 h are missing',
    'set back by 1 h',
  ])
    expect(lines).toContain(words);
});

test('with --json every line is an object with its time and its event, and steps are told too', async () => {
  await using home = await stage();
  const { report } = await home.run();
  const lines = said(true, (log) => {
    log.started('/berth');
    for (const event of home.events) log.run(event);
    log.daemon({ type: 'woke', end: { kind: 'ran', report } });
    log.stopped();
  }).map((line) => JSON.parse(line));
  expect(lines.map(({ event }) => event)).toEqual(expect.arrayContaining(['started', 'step', 'report', 'stopped']));
  expect(lines.every((line) => line.at === at.toISOString())).toBe(true);
  expect(lines.find(({ event }) => event === 'report').report).toMatchObject({ outcome: 'ok', run: report.run });
});

test('what comes from outside moves no cursor', () => {
  const [line] = said(false, (log) => log.run({ ...waiting(1), words: 'a\u001b[2Jb' }));
  expect(line).not.toContain('\u001b');
});
