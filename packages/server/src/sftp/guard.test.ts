import { isBytes } from '@berth/common/size.ts';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sourceOf } from '../accounts/testing.ts';
import type { Source } from '../sources/source.ts';
import { SftpGuard } from './guard.ts';
import type { PassReport } from './report.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const scanner: Source = { ...sourceOf('scanner', 4001), access: 'sftp' };
const quiet: PassReport = {
  usedBytes: 5_000_000,
  files: 1,
  newestMs: null,
  unsettled: 0,
  copied: 0,
  trashed: 0,
  unreadable: 0,
  failed: 0,
  firstFailure: null,
};

/** A guard whose passes are counted and answer `next`; who is logged in is up to the test. */
const guarded = () => {
  const seen = { passes: 0, turned: [] as string[][], next: quiet, takesMs: 0, active: new Set<string>() };
  const guard = new SftpGuard({
    pass: async () => {
      seen.passes += 1;
      const report = seen.next;
      await new Promise((resolve) => setTimeout(resolve, seen.takesMs));
      return report;
    },
    active: () => seen.active,
    onChange: (turned) => void seen.turned.push([...turned]),
    log: pino({ level: 'silent' }),
  });
  return { guard, seen };
};
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000);

test('a source is looked at when it is listed, and then only after a login', async () => {
  const { guard, seen } = guarded();
  guard.watch([scanner, sourceOf('pc', 4002)]);
  await seconds(600);
  expect(seen.passes).toBe(1);
  guard.noteLogin('pc');
  await seconds(60);
  expect(seen.passes).toBe(1);
  guard.noteLogin('scanner');
  await seconds(60);
  // Once while it may be writing, and once when it no longer can.
  expect(seen.passes).toBe(3);
  await guard.stop();
});

test('while a login lives it is looked at every 10 s, and the trash of an idle source every hour', async () => {
  const { guard, seen } = guarded();
  guard.watch([scanner]);
  guard.noteLogin('scanner');
  seen.active = new Set(['scanner']);
  await seconds(100);
  expect(seen.passes).toBeGreaterThanOrEqual(9);
  expect(seen.passes).toBeLessThanOrEqual(11);
  seen.active = new Set();
  await seconds(60);
  const then = seen.passes;
  await seconds(2 * 3600);
  expect(seen.passes).toBe(then + 2);
  await guard.stop();
});

test('passes take at most a twentieth of the time, and never two of one source at once', async () => {
  const { guard, seen } = guarded();
  seen.takesMs = 60_000;
  seen.next = { ...quiet, unsettled: 1 };
  guard.watch([scanner]);
  await seconds(1199);
  expect(seen.passes).toBe(1);
  await seconds(3);
  expect(seen.passes).toBe(2);
  void guard.stop();
});

test('a source turns read-only over its quota, is told of once, and turns back', async () => {
  const { guard, seen } = guarded();
  const quotaBytes = 4_000_000;
  if (!isBytes(quotaBytes)) throw new Error('a number of bytes');
  const small: Source = { ...scanner, quotaBytes };
  seen.next = { ...quiet, unsettled: 1 };
  guard.watch([small]);
  await seconds(25);
  expect([...guard.readOnly]).toEqual(['scanner']);
  expect(seen.turned.flat()).toEqual(['scanner']);
  guard.watch([scanner]);
  await seconds(12);
  expect([...guard.readOnly]).toEqual([]);
  expect(seen.turned.flat()).toEqual(['scanner', 'scanner']);
  await guard.stop();
});

test('a source that is no longer listed is no longer looked at', async () => {
  const { guard, seen } = guarded();
  seen.next = { ...quiet, unsettled: 1 };
  guard.watch([scanner]);
  await seconds(1);
  guard.watch([]);
  await seconds(3600);
  expect(seen.passes).toBe(1);
  expect(guard.judgements).toEqual({});
  await guard.stop();
});
