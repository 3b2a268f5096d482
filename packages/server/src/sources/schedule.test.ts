import { describe, expect, test } from 'vitest';
import { hostTimeZone } from './schedule.ts';
import type { Source } from './source.ts';
import { configOf, publicKeyLine } from './testing.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** The one source of a file, with what it and the server write. */
const sourceWith = (own: string, server = ''): Source => {
  const [source] = configOf(
    `server: {${server}}\nsources:\n  a: { uid: 1, key: '${publicKeyLine(1)}', ${own} }\n`,
  ).sources;
  if (source === undefined) throw new Error('a source was written');
  return source;
};

describe('a source about which nothing more is written', () => {
  test('runs every day at any time, is overdue after two, and leaves the rest to agent.yaml', () => {
    expect(sourceWith('')).toMatchObject({
      everyMs: day,
      window: null,
      overdueAfterMs: 2 * day,
      policy: { retention: null, prune: null, check: null },
    });
  });

  test('gets two places and the clock of the host', () => {
    expect(configOf('sources: {}').settings).toMatchObject({ concurrency: 2, timeZone: hostTimeZone() });
  });

  test('is overdue a whole period late, and never before 6 hours', () => {
    expect(sourceWith('every: 15m').overdueAfterMs).toBe(6 * hour + 15 * 60_000);
    expect(sourceWith('every: 6h').overdueAfterMs).toBe(12 * hour);
    expect(sourceWith('every: 7d').overdueAfterMs).toBe(14 * day);
  });

  test('gets what the server says for all', () => {
    const server = "every: 2d, window: '22:00-06:00', overdue_after: 5d, prune: { every: 14d }";
    expect(sourceWith('', server)).toMatchObject({
      everyMs: 2 * day,
      window: { from: 22 * 60, to: 6 * 60 },
      overdueAfterMs: 5 * day,
      policy: { retention: null, prune: { everyMs: 14 * day }, check: null },
    });
  });
});

describe('what a source writes itself', () => {
  test('goes before what the server says for all, and `always` undoes its window', () => {
    const server = "every: 2d, window: '22:00-06:00', overdue_after: 5d";
    expect(sourceWith('every: 6h, window: always, overdue_after: 1d', server)).toMatchObject({
      everyMs: 6 * hour,
      window: null,
      overdueAfterMs: day,
    });
  });

  test('of a retention is taken number by number; what neither writes is as in agent.yaml', () => {
    const { retention } = sourceWith('retention: { yearly: 10 }', 'retention: { daily: 30, yearly: 1 }').policy;
    expect(retention).toEqual({ daily: 30, weekly: 8, monthly: 12, yearly: 10, keepWithinMs: 2 * day });
    expect(sourceWith('check: { share: 2.5% }', 'check: { every: 1d }').policy.check).toEqual({
      everyMs: day,
      sharePercent: 2.5,
    });
  });

  test('of an SFTP source is only when its silence is red', () => {
    const server = "window: '22:00-06:00', retention: { daily: 30 }, check: {}";
    expect(sourceWith('access: sftp, every: 7d', server)).toMatchObject({
      everyMs: 7 * day,
      window: null,
      overdueAfterMs: 14 * day,
      policy: { retention: null, prune: null, check: null },
    });
  });
});

test('a time zone is taken whatever the case of its letters', () => {
  expect(configOf('server: { time_zone: europe/berlin }\nsources: {}').settings.timeZone).toBe('europe/berlin');
});
