import { expect, test } from 'vitest';
import type { Status } from '../status/status.ts';
import { statusText } from './status-text.ts';
import { moment } from './words.ts';

const now = new Date('2026-11-14T12:00:00Z');
const gib = 1024 ** 3;
const status = (change: Partial<Status>): Status => ({
  ...{ name: 'laptop', destination: 'laptop@nas.lan:2222', running: null, last: null, lastSnapshot: null },
  ...{ due: { prune: now.toISOString(), check: now.toISOString() }, nextSlotAt: null, overdueAt: null },
  isLate: false,
  ...{ waitingFor: null, outbox: { waiting: 0, oldestAt: null, refused: 0, lastRefusal: null } },
  server: { kind: 'not-asked' },
  ...change,
});

test('it says how the server sees this machine, what it stores, and when the next run is', () => {
  const text = statusText(
    status({
      nextSlotAt: '2026-11-15T02:10:00Z',
      overdueAt: '2026-11-16T02:00:00Z',
      server: {
        kind: 'reachable',
        usage: {
          ...{
            version: 1,
            source: 'laptop',
            now: now.toISOString(),
            state: 'warned',
            words: 'The last run left files out.',
          },
          ...{
            lastSuccessAt: '2026-11-14T02:00:00Z',
            nextSlotAt: null,
            overdueAfterMs: 172_800_000,
            quotaBytes: 10 * gib,
          },
          stored: {
            at: '2026-11-14T03:00:00Z',
            ...{ live: { bytes: 2 * gib, objects: 9 }, trash: { bytes: gib, objects: 3 }, snapshots: 7 },
          },
        },
      },
    }),
    now,
  );
  expect(text).toContain(
    `seen there as  WARNED: The last run left files out.; overdue after ${moment('2026-11-16T02:00:00Z')}`,
  );
  expect(text).toContain(`next run       ${moment('2026-11-15T02:10:00Z')}`);
  expect(text).toContain('stored there   2 GiB in 7 snapshots, 1 GiB in the trash; quota 10 GiB');
  expect(text).not.toContain('reports ');
});

test('it says which reports the server does not have, offline too', () => {
  const lastRefusal = { at: '2026-11-14T11:00:00Z', code: 'other-source', message: 'The report is not about laptop.' };
  const text = statusText(
    status({
      nextSlotAt: '2026-11-14T02:10:00Z',
      outbox: { waiting: 2, oldestAt: '2026-11-14T11:00:00Z', refused: 1, lastRefusal },
    }),
    now,
  );
  expect(text).toContain(`next run       due since ${moment('2026-11-14T02:10:00Z')}`);
  expect(text).toMatch(/reports +2 wait for the server, the oldest of .*, 1 h ago/);
  expect(text).toMatch(
    /reports +1 NOT TAKEN by the server, see state\/refused \(the last: The report is not about laptop\.\)/,
  );
});
