import type { Failed } from '@berth/common/restic/result.ts';
import { expect, test } from 'vitest';
import { type AsOf, parseAsOf } from './as-of.ts';
import { explainPast } from './explain.ts';
import { remarksOf } from './remarks.ts';

const now = new Date(2026, 10, 21, 12);
const read = (text: string): AsOf => {
  const parsed = parseAsOf(text, now);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
};

test('a moment is said in this machine’s zone and sent in UTC', () => {
  const asOf = read('2026-11-14');
  expect(asOf.words).toMatch(/^2026-11-14 23:59:59 \(\S+\)$/);
  expect(asOf.exact).toBe(new Date(2026, 10, 14, 23, 59, 59, 999).toISOString());
  expect([asOf.isFuture, read('2026-11-21').isFuture, read('3d').isFuture]).toEqual([false, true, false]);
  expect(read('2026110000001234')).toMatchObject({ exact: '2026110000001234', isFuture: false });
});

const failure = (kind: Failed['kind'], ...words: readonly string[]): Failed => ({
  ...{ kind, exitCode: 1, words, warnings: [], itemErrors: [], itemErrorCount: 0 },
});
const server = { host: 'nas.lan', port: 2222, user: 'laptop' };
const explained = (result: Failed) => explainPast(result, read('2026-11-14'), server);

test('only what the server says is a remark', () => {
  const words = ['rclone: berth: 2 objects are gone', 'rclone: mux_client: berth: x', 'berth: y', 'Fatal: z'];
  expect(remarksOf({ words })).toEqual(['2 objects are gone']);
});

test('a server that does not know --as-of, a time before everything and lost objects each have their own words', () => {
  const refusal =
    'rclone: berth: laptop can back up and restore here and nothing else; on that machine, type "berth --help"';
  expect(explained(failure('connection-cut', refusal))).toMatchObject({ code: 'server-too-old' });
  const early = explained(
    failure('no-repository', 'rclone: berth: the past of this source begins at 2026-11-20T00:00:00.000Z'),
  );
  expect(early?.code).toBe('no-repository');
  expect(early?.message).toContain('the past of this source begins at 2026-11-20');
  const gone = explained(
    failure('damaged', 'rclone: berth: 1 object of that moment is gone for good', 'Fatal: repository contains errors'),
  );
  expect(gone?.message).toContain('gone for good');
  expect(explained(failure('wrong-password', 'Fatal: wrong password'))).toBeNull();
});
