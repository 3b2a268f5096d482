import { Problem } from '@berth/common/problem.ts';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clockAhead } from '../../coordinator/clock.ts';
import { type Condition, decide, type Word } from '../../events/condition.ts';
import type { PhoneFacts } from '../../ingest/facts.ts';
import type { KeptFacts } from '../../ingest/facts-file.ts';
import { passOf, syncthingUp } from '../../ingest/testing.ts';
import type { ServerConfig } from '../../sources/source.ts';
import { PhoneKeeper, type PhoneKeeperOptions } from './keeper.ts';
import { usualPace } from './pace.ts';
import { phoneConfig } from './testing.ts';
import { watchedOf } from './watched.ts';

const start = Date.UTC(2026, 10, 14, 2);
beforeEach(() => {
  const toFake = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] as const;
  vi.useFakeTimers({ now: start, toFake: [...toFake] });
});
afterEach(() => {
  vi.useRealTimers();
});

const noPhones: ServerConfig = { ...phoneConfig(), sources: [] };

/** A keeper whose world is a list of what happened. */
const keeperOf = (
  change: Partial<PhoneKeeperOptions> = {},
  keys: Readonly<Record<string, string>> = { key: 'secret' },
) => {
  const happened: string[] = [];
  const world = { open: [] as readonly Condition[], written: [] as readonly KeptFacts[], keys: { ...keys } };
  type Hears = Parameters<PhoneKeeperOptions['makeWatcher']>[0];
  const hears: Hears[] = [];
  const say = async (words: readonly Word[]): Promise<void> => {
    const decided = decide(world.open, words, Date.now());
    for (const { event, key } of decided.events) happened.push(`${event} ${key}`);
    world.open = decided.open;
  };
  const keeper = new PhoneKeeper({
    open: async ({ name }) => {
      happened.push(`open ${name}`);
      return { [Symbol.asyncDispose]: async () => void happened.push(`close ${name}`) };
    },
    tidy: () => undefined,
    starts: () => ({
      look: async () => ({ ingest: 'ok', media: 'ok' }),
      mirror: async () => {
        happened.push('pass');
        return passOf();
      },
      backup: (_marker, _isNow, _told, signal) =>
        new Promise((resolve) => {
          happened.push('wake');
          signal.addEventListener('abort', () => {
            happened.push('wake ended');
            resolve({ ended: 'cancelled', nextAt: null });
          });
        }),
    }),
    watched: (phones) =>
      watchedOf(phones, {
        folder: '/etc/berth',
        read: () => {
          const key = world.keys['key'];
          return key === undefined ? { kind: 'missing' } : { kind: 'read', bytes: Buffer.from(key), mode: 0o600 };
        },
      }),
    makeWatcher: (heard) => {
      hears.push(heard);
      return {
        tell: (phones) => void happened.push(`tell ${phones.map(({ name, key }) => `${name} ${key}`).join()}`),
        start: () => void happened.push('watcher'),
        restart: () => void happened.push('watcher anew'),
        letEnd: () => undefined,
        stop: async () => void happened.push('watcher ended'),
      };
    },
    networkMark: () => '',
    keeper: { say },
    conditions: () => world.open,
    before: [],
    write: (phones) => {
      world.written = phones;
    },
    onFacts: () => undefined,
    ...{ pace: usualPace, clock: clockAhead(0), random: () => 0, log: pino({ level: 'silent' }) },
    ...change,
  });
  return { keeper, happened, world, hears };
};

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('whoever keeps phones', () => {
  test('opens the door of each once the server runs, begins, and ends it all before it closes the door', async () => {
    const { keeper, happened } = keeperOf();
    keeper.watch(phoneConfig());
    await pass(1000);
    expect(happened).toEqual(['tell lisa-phone secret']);
    keeper.start();
    await pass(1000);
    expect(happened.slice(1)).toEqual(['watcher', 'open lisa-phone', 'pass', 'wake']);
    await keeper.stop();
    expect(happened.slice(5).sort()).toEqual(['close lisa-phone', 'wake ended', 'watcher ended']);
    expect(happened.indexOf('wake ended')).toBeLessThan(happened.indexOf('close lisa-phone'));
  });

  test('leaves a phone alone that is as it was, begins one anew that is not, and ends one that is gone', async () => {
    const { keeper, happened, world } = keeperOf();
    keeper.watch(phoneConfig());
    keeper.start();
    await pass(2000);
    const begun = happened.length;
    keeper.watch(phoneConfig());
    await pass(2000);
    expect(happened).toHaveLength(begun);
    keeper.watch(phoneConfig({ media: '{ to: /volume1/photos/other }' }));
    await pass(2000);
    expect(happened.slice(begun)).toEqual(['wake ended', 'close lisa-phone', 'open lisa-phone', 'pass', 'wake']);
    keeper.watch(noPhones);
    await pass(2000);
    expect(happened.slice(begun + 5)).toEqual(['watcher ended', 'wake ended', 'close lisa-phone']);
    expect(world.written).toEqual([]);
    await keeper.stop();
  });

  test('opens no door of a phone that was renamed before that of the old name is closed: they are one', async () => {
    const { keeper, happened } = keeperOf();
    keeper.watch(phoneConfig({ ingest: '' }));
    keeper.start();
    await pass(2000);
    keeper.watch(phoneConfig({ name: 'new-phone', ingest: '' }));
    await pass(2000);
    const doors = happened.filter((what) => /^(?:open|close) /.test(what));
    expect(doors).toEqual(['open lisa-phone', 'close lisa-phone', 'open new-phone']);
    await keeper.stop();
  });

  test('believes the watcher only of phones it was told to watch', async () => {
    const { keeper, world, hears, happened } = keeperOf();
    keeper.watch(phoneConfig());
    keeper.start();
    await pass(20_000);
    const before = happened.filter((what) => what === 'pass').length;
    hears[0]?.onState('other', syncthingUp(start));
    hears[0]?.onChanged('other');
    hears[0]?.onState('lisa-phone', syncthingUp(Date.now()));
    hears[0]?.onChanged('lisa-phone');
    await pass(5000);
    expect(happened.filter((what) => what === 'pass')).toHaveLength(before + 1);
    expect(world.written).toMatchObject([{ facts: { name: 'lisa-phone', syncthing: { kind: 'up' } } }]);
    hears[0]?.onGone();
    await pass(2000);
    expect(world.written).toMatchObject([{ facts: { syncthing: null } }]);
    await keeper.stop();
  });

  test('says what is wrong with a key that can not be read, starts all the same, and watches once it can', async () => {
    const { keeper, happened, world, hears } = keeperOf({}, {});
    keeper.watch(phoneConfig());
    keeper.start();
    await pass(5000);
    expect(happened).toEqual(['open lisa-phone', 'pass', 'wake', 'raised syncthing-refused:lisa-phone']);
    expect(world.open[0]?.text).toContain('/etc/berth/syncthing.key does not exist');
    world.keys = { key: 'new' };
    await pass(60_000);
    expect(happened).toContain('tell lisa-phone new');
    hears[0]?.onState('lisa-phone', syncthingUp(Date.now()));
    await pass(2000);
    expect(happened.at(-1)).toBe('resolved syncthing-refused:lisa-phone');
    await keeper.stop();
  });

  test('forgets what was so of a source that is a phone no longer', async () => {
    const { keeper, happened, world } = keeperOf();
    const about = { source: 'lisa-phone', subject: null, severity: 'warning', text: '', remedy: '' } as const;
    world.open = decide([], [{ raise: { code: 'mirror-stuck', ...about } }], start).open;
    keeper.watch(noPhones);
    await pass(0);
    expect(happened).toEqual(['resolved mirror-stuck:lisa-phone']);
    await keeper.stop();
  });

  test('knows after a restart what was known, but for what Syncthing said; and nothing of another folder', async () => {
    const first = keeperOf();
    first.keeper.watch(phoneConfig());
    first.keeper.start();
    await pass(2000);
    await first.keeper.stop();
    const known = first.world.written;
    expect(known).toMatchObject([{ facts: { ingest: 'ok', mirror: { goodAt: expect.any(String) } } }]);
    const again = keeperOf({ before: known });
    again.keeper.watch(phoneConfig());
    expect(again.keeper.facts()).toEqual(known.map(({ facts }) => facts));
    const other = keeperOf({ before: known });
    other.keeper.watch(phoneConfig({ media: '{ to: /volume1/photos/other }' }));
    expect(other.keeper.facts()).toMatchObject([{ ingest: null, mirror: { last: null } }]);
    await Promise.all([again.keeper.stop(), other.keeper.stop()]);
  });

  test('says what is so, and tells who wants to know, also when it can not be written down', async () => {
    let told: readonly PhoneFacts[] = [];
    const full = () => {
      throw new Error('ENOSPC');
    };
    const { keeper, world } = keeperOf({ write: full, onFacts: (facts) => (told = facts) }, {});
    keeper.watch(phoneConfig());
    keeper.start();
    await pass(5000);
    expect(world.open).toMatchObject([{ key: 'syncthing-refused:lisa-phone' }]);
    expect(told).toMatchObject([{ mirror: { goodAt: expect.any(String) } }]);
    await keeper.stop();
  });

  test('ends without what does not end', async () => {
    const never = () => new Promise<never>(() => undefined);
    const { keeper } = keeperOf({ starts: () => ({ look: never, mirror: never, backup: never }) });
    keeper.watch(phoneConfig());
    keeper.start();
    await pass(5000);
    let isOver = false;
    void keeper.stop().then(() => (isOver = true));
    await pass(14_000);
    expect(isOver).toBe(false);
    await pass(2000);
    expect(isOver).toBe(true);
  });

  test('says that a door does not open, and why, and tries again', async () => {
    let tries = 0;
    const { keeper, happened, world } = keeperOf({
      open: async () => {
        if (tries++ === 0) throw new Problem('socket-path', 'Its path is too long.', 'Shorten it.');
        return { [Symbol.asyncDispose]: async () => undefined };
      },
    });
    keeper.watch(phoneConfig({ ingest: '' }));
    keeper.start();
    await pass(10_000);
    expect(happened).toEqual(['raised job-failed:lisa-phone:backup']);
    expect(world.open).toMatchObject([
      { text: expect.stringContaining('tried again. Its path is too long.'), remedy: 'Shorten it.' },
    ]);
    await pass(30_000);
    expect(happened.slice(1)).toEqual(['pass', 'wake']);
    await keeper.stop();
  });
});
