import { expect, test } from 'vitest';
import type { DigestFacts } from '../digest/digest.ts';
import { Digester, digestFacts } from './digester.ts';
import type { MonitorWord } from './link.ts';
import type { MonitorSettings } from './settings.ts';
import { exampleOverview } from './testing.ts';

const [minuteMs, dayMs] = [60_000, 86_400_000];
const settings = (hasDigest: boolean): MonitorSettings => ({
  ...{ serverName: 'nas', timeZone: 'UTC', concurrency: 2, pageUrl: null, digest: { at: 360 }, broken: [], page: null },
  ...{ alerts: { quiet: null, remindMs: dayMs }, ping: null, sources: [] },
  channels: [
    {
      ...{ name: 'hook', type: 'webhook', alerts: 'warning', digest: hasDigest, url: 'https://example.org/hook' },
      ...{ allowPrivate: false, secret: null },
    },
  ],
});

/** A monitor that looks once a minute, by a clock that the test sets. */
const digesting = ({ hasDigest = true, digestedMs = null as number | null } = {}) => {
  const world = {
    ...{ nowMs: Date.parse('2026-11-21T12:00:00Z'), steadyMs: 0, digestedMs, isBroken: false },
    ...{ pushed: [] as string[], said: [] as MonitorWord[], facts: [] as DigestFacts[] },
  };
  const digester = new Digester({
    gatherer: {
      overview: () => exampleOverview({ atMs: world.nowMs, sources: [] }),
      ...{ events: () => [], changes: () => [], settings: () => settings(hasDigest) },
    },
    state: {
      digestedMs: () => world.digestedMs,
      saveDigestedMs: (atMs) => {
        world.digestedMs = atMs;
      },
    },
    render: async (facts) => {
      if (world.isBroken) throw new Error('no template');
      world.facts.push(facts);
      return { subject: 'berth: fine', html: '<p>', text: 'fine' };
    },
    push: () => world.pushed.push(new Date(world.nowMs).toISOString().slice(0, 16)),
    tell: (words) => world.said.push(...words),
    makeId: () => 'id',
    wallMs: () => world.nowMs,
    steadyMs: () => world.steadyMs,
  });
  const pass = async (minutes: number): Promise<void> => {
    for (let minute = 0; minute < minutes; minute += 1) {
      world.nowMs += minuteMs;
      world.steadyMs += minuteMs;
      await digester.look();
    }
  };
  return { world, digester, pass };
};

test('a digest is made at its time, once, and looks back to the one before', async () => {
  const { world, pass } = digesting();
  await pass(2 * 24 * 60);
  expect(world.pushed).toEqual(['2026-11-22T06:00', '2026-11-23T06:00']);
  expect(world.facts.at(-1)?.sinceMs).toBe(Date.parse('2026-11-22T06:00:00Z'));
  expect(world.said).toEqual([]);
});

test('one that was missed is made up for a minute after the start, when everything is known again', async () => {
  const { world, digester, pass } = digesting({ digestedMs: Date.parse('2026-11-19T06:00:00Z') });
  await digester.look();
  expect(world.pushed).toEqual([]);
  await pass(10);
  expect(world.pushed).toEqual(['2026-11-21T12:01']);
});

test('one that can not be made is a condition, and is tried again every ten minutes until it is', async () => {
  const { world, pass } = digesting({ digestedMs: Date.parse('2026-11-20T06:00:00Z') });
  world.isBroken = true;
  await pass(15);
  expect(world.said).toHaveLength(2);
  expect(world.said[0]).toMatchObject({
    raise: { code: 'digest-unsent', text: 'The digest could not be made: no template' },
  });
  world.isBroken = false;
  await pass(15);
  expect(world.pushed).toHaveLength(1);
  expect(world.said.at(-1)).toEqual({ resolve: 'digest-unsent' });
});

test('where nobody wants one none is made, and a channel that is added today gets tomorrow’s', async () => {
  const { world, pass } = digesting({ hasDigest: false });
  await pass(24 * 60);
  expect([world.pushed, world.digestedMs]).toEqual([[], Date.parse('2026-11-22T06:00:00Z')]);
});

test('its facts are of the time that it looks back to', () => {
  const nowMs = Date.parse('2026-11-21T06:00:00Z');
  const changes = [
    { atMs: nowMs - 30 * 3_600_000, lines: ['before'] },
    { atMs: nowMs - 1000, lines: ['since'] },
  ];
  const gatherer = { overview: () => exampleOverview(), events: () => [], changes: () => changes };
  expect(digestFacts(gatherer, nowMs - dayMs, nowMs)?.changes.map(({ lines }) => lines[0])).toEqual(['since']);
  expect(digestFacts({ ...gatherer, overview: () => null }, null, nowMs)).toBeNull();
});
