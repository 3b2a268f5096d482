import { expect, test } from 'vitest';
import type { NumberedRun } from '../coordinator/state/rows.ts';
import { outline } from '../coordinator/testing.ts';
import type { Overview } from '../monitor/overview.ts';
import { exampleOverview, exampleSource } from '../monitor/testing.ts';
import { ChannelError } from './channel.ts';
import type { WebAnswer, WebRequest } from './http.ts';
import { type PingedSettings, Pings } from './pings.ts';
import { exampleAtMs } from './testing.ts';

const minuteMs = 60_000;
const target = (id: string) =>
  ({ type: 'healthchecks', url: `https://hc-ping.com/${id}`, allowPrivate: false }) as const;
const two: PingedSettings = {
  ping: null,
  sources: [
    { name: 'laptop', ping: target('laptop') },
    { name: 'nas', ping: target('nas') },
  ],
};
const ok: WebAnswer = { status: 200, headers: {}, body: 'OK' };

/** Pings with everything around them in the test's hands: the clock, the facts, the answers. */
const withPings = (settings: PingedSettings = two) => {
  const world = {
    nowMs: exampleAtMs,
    pingedSeq: 0 as number | null,
    newestSeq: 0 as number | null,
    runs: [] as NumberedRun[],
    leases: [] as { source: string; run: string; grantedAtMs: number }[],
    overview: null as Overview | null,
    answer: (_request: WebRequest): Promise<WebAnswer> => Promise.resolve(ok),
    asked: [] as string[],
    pauses: [] as number[],
    atOnce: 0,
    most: 0,
  };
  const make = () => {
    const pings = new Pings({
      request: async (request) => {
        world.asked.push(request.url.replace('https://hc-ping.com/', '').replace(/\?rid=/, ' '));
        world.atOnce += 1;
        world.most = Math.max(world.most, world.atOnce);
        return world.answer(request).finally(() => {
          world.atOnce -= 1;
        });
      },
      pause: async (ms) => {
        world.pauses.push(ms);
      },
      nowMs: () => world.nowMs,
      state: {
        pingedSeq: () => world.pingedSeq,
        savePingedSeq: (seq) => {
          world.pingedSeq = seq;
        },
      },
      facts: {
        overview: () => world.overview,
        leases: () => world.leases,
        runsSince: (seq, most) => world.runs.filter((run) => run.seq > seq).slice(0, most),
        newestSeq: () => world.newestSeq,
        history: { report: () => null },
      },
    });
    pings.apply(settings);
    return pings;
  };
  const ended = (seq: number, source: string, change: Parameters<typeof outline>[0] = {}) => {
    world.runs.push({ seq, source, outline: outline({ run: `run-${seq}`, ...change }) });
    world.newestSeq = seq;
  };
  return { world, make, ended };
};

/** Lets everything that waits for nothing but its turn go on. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
};

const failure = new ChannelError('hc-ping.com could not be reached (ECONNREFUSED).', {
  isFinal: false,
  remedy: 'See.',
});
const failed = { outcome: 'failed', snapshot: null } as const;

test('a run is told of when it begins and when it ends, once each', async () => {
  const { world, make, ended } = withPings();
  const pings = make();
  world.leases = [{ source: 'laptop', run: 'run-1', grantedAtMs: exampleAtMs + 5 }];
  for (const _ of [1, 2]) pings.look();
  await settled();
  world.leases = [];
  ended(1, 'laptop');
  ended(2, 'nas', failed);
  ended(3, 'without-a-ping');
  for (const _ of [1, 2]) pings.look();
  await settled();
  expect(world.asked).toEqual(['laptop/start run-1', 'laptop run-1', 'nas/fail run-2']);
});

test('after a restart nothing is told twice, and what came meanwhile is', async () => {
  const { world, make, ended } = withPings();
  world.leases = [{ source: 'nas', run: 'run-9', grantedAtMs: exampleAtMs + 5 }];
  ended(1, 'laptop');
  const first = make();
  first.look();
  await settled();
  first.close();
  world.nowMs += minuteMs;
  ended(2, 'laptop');
  make().look();
  await settled();
  expect(world.asked).toEqual(['nas/start run-9', 'laptop run-1', 'laptop run-2']);
});

test('runs of before pings began are not told, nor those of a coordinator that counts anew', async () => {
  const { world, make, ended } = withPings();
  world.pingedSeq = null;
  ended(7, 'laptop');
  const pings = make();
  pings.look();
  expect(world.pingedSeq).toBe(7);
  world.runs = [];
  ended(2, 'laptop');
  pings.look();
  ended(3, 'laptop');
  pings.look();
  await settled();
  expect(world.asked).toEqual(['laptop run-3']);
});

test('what comes while we look is told at the next look, and not twice', async () => {
  const { world, make, ended } = withPings();
  ended(1, 'laptop');
  ended(2, 'laptop');
  world.newestSeq = 1;
  const pings = make();
  for (const newestSeq of [1, 1, 2, 2]) {
    world.newestSeq = newestSeq;
    pings.look();
  }
  await settled();
  expect(world.asked).toEqual(['laptop run-1', 'laptop run-2']);
});

test('while the database can not be read nothing is decided', () => {
  const { world, make } = withPings();
  world.pingedSeq = 5;
  world.newestSeq = null;
  make().look();
  expect(world.pingedSeq).toBe(5);
});

test('thousands of runs at once are taken in parts, and a target hears of the newest only', async () => {
  const { world, make, ended } = withPings();
  const gate = Promise.withResolvers<WebAnswer>();
  world.answer = () => gate.promise;
  for (let seq = 1; seq <= 1000; seq += 1) ended(seq, 'laptop');
  make().look();
  expect(world.pingedSeq).toBe(1000);
  gate.resolve(ok);
  await settled();
  for (const _ of Array.from({ length: 20 })) await settled();
  expect(world.asked).toHaveLength(21);
  expect(world.asked.at(-1)).toBe('laptop run-1000');
});

test('one request at a time for a target, and eight in all', async () => {
  const names = Array.from({ length: 30 }, (_, number) => `s${number}`);
  const { world, make, ended } = withPings({
    ping: null,
    sources: names.map((name) => ({ name, ping: target(name) })),
  });
  const gate = Promise.withResolvers<WebAnswer>();
  world.answer = () => gate.promise;
  for (const [index, name] of names.entries()) ended(index + 1, name);
  ended(31, 's0');
  make().look();
  await settled();
  expect(world.asked).toEqual(names.slice(0, 8).map((name, index) => `${name} run-${index + 1}`));
  gate.resolve(ok);
  for (const _ of Array.from({ length: 20 })) await settled();
  expect(world.asked).toHaveLength(31);
  expect(world.most).toBe(8);
});

test('a target that does not answer is tried four times, then it is a trouble until it answers again', async () => {
  const { world, make, ended } = withPings();
  const pings = make();
  world.answer = () => Promise.reject(failure);
  ended(1, 'laptop', failed);
  pings.look();
  for (const _ of [1, 2, 3]) await settled();
  expect(world.asked).toEqual(Array.from({ length: 4 }, () => 'laptop/fail run-1'));
  expect(world.pauses).toEqual([5000, 30_000, 120_000]);
  expect(pings.troubles()).toMatchObject([
    { kind: 'ping', name: 'ping: laptop', text: failure.message, remedy: 'See.' },
  ]);
  world.answer = () => Promise.resolve(ok);
  ended(2, 'laptop');
  pings.look();
  await settled();
  expect(pings.troubles()).toEqual([]);
});

test('a check that is gone is not tried again, and a wait that was asked for is kept', async () => {
  const { world, make, ended } = withPings();
  world.answer = () => Promise.resolve({ ...ok, status: 404 });
  ended(1, 'laptop');
  const pings = make();
  pings.look();
  await settled();
  expect(world.asked).toHaveLength(1);
  world.answer = () => Promise.resolve({ ...ok, status: 429, headers: { 'retry-after': '300' } });
  ended(2, 'nas');
  pings.look();
  for (const _ of [1, 2, 3]) await settled();
  expect(world.pauses).toEqual([300_000, 300_000, 300_000]);
});

test('a beginning that could not be told is dropped when the run has ended', async () => {
  const { world, make, ended } = withPings();
  world.answer = () => {
    if (world.asked.length === 1) {
      ended(1, 'laptop');
      pings.look();
      return Promise.reject(failure);
    }
    return Promise.resolve(ok);
  };
  const pings = make();
  world.leases = [{ source: 'laptop', run: 'run-1', grantedAtMs: exampleAtMs + 5 }];
  pings.look();
  await settled();
  expect(world.asked).toEqual(['laptop/start run-1', 'laptop run-1']);
});

test('new settings drop what waits for another target, and keep what waits for the same', async () => {
  const { world, make, ended } = withPings();
  const gate = Promise.withResolvers<WebAnswer>();
  world.answer = () => gate.promise;
  const pings = make();
  for (const seq of [1, 2]) ended(seq, 'laptop');
  for (const seq of [3, 4]) ended(seq, 'nas');
  pings.look();
  await settled();
  pings.apply({
    ping: null,
    sources: [
      { name: 'laptop', ping: target('laptop') },
      { name: 'nas', ping: target('other') },
    ],
  });
  gate.resolve(ok);
  for (const _ of [1, 2, 3]) await settled();
  expect(world.asked).toEqual(['laptop run-1', 'nas run-3', 'laptop run-2']);
});

test('the server is pinged every five minutes, as long as all of it goes on', async () => {
  const { world, make } = withPings({ ping: target('server'), sources: [] });
  const pings = make();
  const healthy = () => exampleOverview({ atMs: world.nowMs });
  const look = async (overview: Overview | null, afterMs: number) => {
    world.nowMs += afterMs;
    world.overview = overview === null ? null : { ...overview, atMs: overview.atMs };
    pings.look();
    await settled();
    return world.asked.length;
  };
  expect(await look(null, 0)).toBe(0);
  expect(await look(healthy(), 0)).toBe(1);
  expect(await look(healthy(), minuteMs)).toBe(1);
  world.nowMs += 5 * minuteMs;
  const { server } = healthy();
  expect(await look(exampleOverview({ atMs: world.nowMs, server: { ...server, coordinator: 'down' } }), 0)).toBe(1);
  expect(await look(exampleOverview({ atMs: world.nowMs, server: { ...server, coordinatorTrouble: 'EIO' } }), 0)).toBe(
    1,
  );
  expect(await look(exampleOverview({ atMs: world.nowMs - 2 * minuteMs }), 0)).toBe(1);
  expect(await look(healthy(), 0)).toBe(2);
  // The clock is set back by a day.
  world.nowMs -= 24 * 60 * minuteMs;
  expect(await look(healthy(), 0)).toBe(3);
});

test('an SFTP source is told of when new files have arrived', async () => {
  const { world, make } = withPings({ ping: null, sources: [{ name: 'scanner', ping: target('scanner') }] });
  const pings = make();
  const at = (lastSuccessMs: number | null) => {
    world.overview = exampleOverview({
      atMs: world.nowMs,
      sources: [exampleSource('scanner', 'fine', world.nowMs, { access: 'sftp', lastSuccessMs })],
    });
    pings.look();
  };
  for (const lastSuccessMs of [null, 1000, 1000, 2000]) at(lastSuccessMs);
  await settled();
  expect(world.asked).toEqual(['scanner', 'scanner']);
});
