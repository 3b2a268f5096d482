import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { homeOf } from '../config/home.ts';
import type { IfDueEnd } from '../run/if-due.ts';
import { type DaemonEvent, nextWake, runDaemon } from './daemon.ts';
import { complaint, processLives, readHealth, removeHealth, writeHealth } from './health.ts';

const minute = 60_000;
const start = Date.parse('2026-11-21T12:00:00Z');
const minutes = (count: number): Date => new Date(start + count * minute);
const notDue = (nextAt: Date): IfDueEnd => ({ kind: 'not-due', nextAt });

/**
 * A daemon on virtual time that ends after `lastMinutes`. `wake` is one wake; `suspend` adds, at a minute, time that the wall clock shows
 * and no timer sees; negative sets the clock back.
 */
const live = async (args: {
  readonly lastMinutes: number;
  readonly wake: (number: number, now: Date, signal: AbortSignal) => Promise<IfDueEnd>;
  readonly suspend?: { readonly at: Date; readonly forMs: number };
  readonly random?: number;
}) => {
  const abort = new AbortController();
  const events: DaemonEvent[] = [];
  const wakes: Date[] = [];
  const sleeps: number[] = [];
  let slept = 0;
  let skew = 0;
  const now = (): Date => new Date(start + slept + skew);
  const world = {
    ...{ now, random: () => args.random ?? 0 },
    sleep: async (delayMs: number) => {
      sleeps.push(delayMs);
      const before = now();
      slept += delayMs;
      if (args.suspend !== undefined && skew === 0 && before <= args.suspend.at && now() > args.suspend.at)
        skew = args.suspend.forMs;
      if (slept >= args.lastMinutes * minute) abort.abort();
    },
  };
  const wake = async () => {
    wakes.push(now());
    return args.wake(wakes.length, now(), abort.signal);
  };
  await runDaemon({ wake, world, signal: abort.signal, onEvent: (event) => void events.push(event) });
  return { events, wakes, sleeps, abort };
};

test('it wakes at once, then when there is something to ask, at the latest every 15 minutes', async () => {
  const { wakes } = await live({
    lastMinutes: 40,
    wake: async (number) => notDue(number === 2 ? minutes(20) : minutes(500)),
  });
  expect(wakes).toEqual([minutes(0), minutes(15), minutes(20), minutes(35)]);
});

test('chance adds up to half a minute, and an answer from the past makes it wait 10 s all the same', () => {
  const next = (nextAt: Date | null, random: number) => nextWake(nextAt, minutes(0), () => random).getTime() - start;
  expect([next(null, 0), next(null, 1), next(minutes(500), 0.5)]).toEqual([900_000, 930_000, 915_000]);
  expect([next(minutes(-60), 0), next(minutes(1), 1)]).toEqual([10_000, 90_000]);
});

test('neither a run that failed nor a wake that throws ends it', async () => {
  const { wakes, events } = await live({
    lastMinutes: 40,
    wake: async (number, now) => {
      if (number === 1) throw new Error('no agent.yaml');
      return { kind: 'skipped', reason: 'busy', nextAt: new Date(now.getTime() + 15 * minute) };
    },
  });
  expect(wakes).toEqual([minutes(0), minutes(15), minutes(30)]);
  expect(events).toContainEqual({ type: 'failed', error: new Error('no agent.yaml') });
});

test('a machine that was suspended wakes within a minute of coming back', async () => {
  const { wakes, events } = await live({
    lastMinutes: 20,
    wake: async () => notDue(minutes(6000)),
    suspend: { at: minutes(5), forMs: 8 * 60 * minute },
  });
  const back = minutes(5).getTime() + 8 * 60 * minute;
  expect((wakes[1]?.getTime() ?? 0) - back).toBeLessThanOrEqual(minute);
  expect(events).toContainEqual({ type: 'jumped', byMs: 8 * 60 * minute });
});

test('a clock set back does not make it sleep the difference', async () => {
  const { wakes } = await live({
    lastMinutes: 20,
    wake: async () => notDue(minutes(6000)),
    suspend: { at: minutes(5), forMs: -3 * 60 * minute },
  });
  expect(wakes[1]?.getTime()).toBeLessThanOrEqual(minutes(6 - 180).getTime());
});

test('no sleep is longer than half a minute, so that it notices', async () => {
  const { sleeps } = await live({ lastMinutes: 20, wake: async () => notDue(minutes(6000)) });
  expect(Math.max(...sleeps)).toBe(30_000);
});

test('told to stop during a run it waits for that run to end, and sleeps no more', async () => {
  const ended: string[] = [];
  const stop = new AbortController();
  const events: DaemonEvent[] = [];
  await runDaemon({
    ...{ signal: stop.signal, onEvent: (event) => void events.push(event) },
    world: { now: () => minutes(0), sleep: async () => expect.unreachable(), random: () => 0 },
    wake: async () => {
      stop.abort();
      await Promise.resolve();
      ended.push('report written');
      return notDue(minutes(1));
    },
  });
  expect(ended).toEqual(['report written']);
  expect(events.map(({ type }) => type)).toEqual(['awake', 'woke']);
});

test('its health: well while it works or sleeps, and not when it is gone or overslept', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'berth-daemon-'));
  try {
    const home = homeOf({ directory, env: {}, uid: 0 });
    const judge = async (now: Date, lives = true) => complaint(await readHealth(home), now, () => lives);
    expect(await judge(minutes(0))).toContain('No daemon');
    await writeHealth(home, { pid: 7, since: minutes(0), asleepUntil: null });
    expect(await judge(minutes(10_000))).toBeNull();
    expect(await judge(minutes(0), false)).toContain('process 7) is gone');
    await writeHealth(home, { pid: 7, since: minutes(0), asleepUntil: minutes(15) });
    expect(await judge(minutes(20))).toBeNull();
    expect(await judge(minutes(21))).toContain('should have woken at 2026-11-21T12:15:00.000Z');
    await removeHealth(home);
    expect(await readHealth(home)).toBeNull();
    expect(processLives(process.pid)).toBe(true);
  } finally {
    await rm(directory, { recursive: true });
  }
});
