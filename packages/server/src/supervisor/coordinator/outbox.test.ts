import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { type StoredFacts, toCoordinatorSchema } from '../../coordinator/link.ts';
import { Outbox } from './outbox.ts';

const config = (...names: readonly string[]): Parameters<Outbox['config']>[0] => ({
  type: 'config',
  concurrency: 2,
  timeZone: 'UTC',
  sources: names.map((name) => ({
    ...{ name, uid: 4001, everyMs: 86_400_000, window: null, overdueAfterMs: 1, quotaBytes: null, hasAgent: true },
    policy: { retention: null, prune: null, check: null },
  })),
});
const facts = (snapshots: number): StoredFacts => ({
  ...{ at: '2026-11-14T02:00:00.000Z', live: { bytes: 1, objects: 1 }, trash: { bytes: 0, objects: 0 } },
  ...{ snapshots, lastSnapshotAt: null, unreadable: null },
});
/** What a listener has been told since it was last asked, in short. */
const listener = (highWaterMark?: number) => {
  const stream = new PassThrough(highWaterMark === undefined ? {} : { highWaterMark });
  const told = (): readonly string[] => {
    const text: unknown = stream.read();
    const lines = Buffer.isBuffer(text) ? text.toString().trim().split('\n') : [];
    return lines.map((line) => {
      const message = toCoordinatorSchema.parse(JSON.parse(line));
      if (message.type === 'config') return `config ${message.sources.map(({ name }) => name).join()}`;
      if (message.type === 'working') return `working ${message.jobs.map(({ job }) => job).join()}`;
      return `stored ${message.source} ${message.facts.snapshots}`;
    });
  };
  return { stream, told };
};

test('a new coordinator is told everything, what is in force first; then each change', () => {
  const outbox = new Outbox();
  outbox.stored('laptop', facts(1));
  outbox.config(config('laptop', 'nas'));
  outbox.stored('laptop', facts(2));
  const first = listener();
  outbox.connect(first.stream);
  expect(first.told()).toEqual(['config laptop,nas', 'stored laptop 2', 'working ']);
  outbox.working([{ source: 'nas', job: 'scrub' }]);
  outbox.stored('nas', facts(3));
  expect(first.told()).toEqual(['working scrub', 'stored nas 3']);
  outbox.connect(null);
  outbox.stored('nas', facts(4));
  const second = listener();
  outbox.connect(second.stream);
  expect(second.told()).toEqual(['config laptop,nas', 'stored laptop 2', 'stored nas 4', 'working scrub']);
  expect(first.told()).toEqual([]);
});

test('it hears nothing before something is in force, and of a source that is gone nothing more', () => {
  const outbox = new Outbox();
  const { stream, told } = listener();
  outbox.connect(stream);
  outbox.stored('laptop', facts(1));
  expect(told()).toEqual([]);
  outbox.config(config('laptop'));
  expect(told()).toEqual(['config laptop', 'working ', 'stored laptop 1']);
  outbox.config(config());
  outbox.connect(stream);
  expect(told()).toEqual(['config ', 'config ', 'working ']);
});

test('one that does not listen is told the newest once it does, however much there was to say', async () => {
  const outbox = new Outbox();
  const { stream, told } = listener(16);
  outbox.config(config('laptop'));
  outbox.connect(stream);
  for (let snapshots = 0; snapshots < 10_000; snapshots += 1) outbox.stored('laptop', facts(snapshots));
  expect(stream.writableLength + stream.readableLength).toBeLessThan(2000);
  const heard: string[] = [];
  for (let turns = 0; turns < 10; turns += 1) {
    heard.push(...told());
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(heard).toEqual(['config laptop', 'working ', 'stored laptop 9999']);
});
