import { z } from 'zod';
import type { Placed } from '../journal-read.ts';
import type { Past } from '../past/past.ts';
import type { Quiet, QuietMoment } from '../past/quiet.ts';
import type { Times } from '../past/times.ts';
import type { Seq } from '../seq.ts';
import type { RewindPlan, Sized } from './plan.ts';

const amount = z.strictObject({ objects: z.int(), bytes: z.int() });
const perType = z.partialRecord(z.enum(['data', 'index', 'keys', 'locks', 'snapshots', 'config']), amount);
const snapshots = z.strictObject({
  count: z.int(),
  /** The newest of them, at most 200: `id` as restic prints it, `at` when it was made by the server's clock. */
  newest: z.array(z.strictObject({ id: z.string(), at: z.int().nullable() })),
});
const quietMoment = z.strictObject({ place: z.int(), from: z.int().nullable(), to: z.int().nullable() }).nullable();

/** A plan as it crosses to whoever shows it. Times are UTC milliseconds by the server's clock, sizes bytes. */
export const rewindView = z.strictObject({
  /** The place that the moment is. */
  place: z.int(),
  /** When the last thing before it happened; null when it is before everything. */
  at: z.int().nullable(),
  returns: perType,
  leaves: perType,
  missing: perType,
  snapshots: z.strictObject({ now: z.int(), after: z.int(), regained: snapshots, lost: snapshots }),
  /** Live bytes and objects; trash and live together stay what they are. */
  live: z.strictObject({ now: amount, after: amount }),
  repository: z.boolean(),
  quiet: z.strictObject({
    locks: z.array(z.strictObject({ id: z.string(), ageMs: z.int() })),
    removing: z.boolean(),
    before: quietMoment,
    after: quietMoment,
  }),
  /** Where a rewind of this rewind goes. */
  undo: z.int(),
  digest: z.string(),
});
export type RewindView = z.infer<typeof rewindView>;

const longestList = 200;
/** As many digits as restic prints. */
const shortDigits = 8;

/** Says in numbers what a plan does. `arrivedAt` knows when a snapshot was made. */
export const describePlan = (args: {
  readonly past: Past;
  readonly plan: RewindPlan;
  readonly quiet: Quiet;
  readonly arrivedAt: (name: string) => number | null;
}): RewindView => {
  const { past, plan, quiet, arrivedAt } = args;
  const { returns, leaves, missing } = plan;
  const list = (objects: readonly Sized[]): z.infer<typeof snapshots> => {
    const found = objects
      .filter(({ id }) => id.type === 'snapshots')
      .map(({ id }) => ({ id: id.name.slice(0, shortDigits), at: arrivedAt(id.name) }))
      .sort((one, other) => (other.at ?? 0) - (one.at ?? 0));
    return { count: found.length, newest: found.slice(0, longestList) };
  };
  const [regained, lost] = [list(returns), list(leaves)];
  const live = [...past.now.live.values()];
  const snapshotsIn = (objects: readonly Sized[]): number => objects.filter(({ id }) => id.type === 'snapshots').length;
  const after = snapshotsIn([...past.objects.values()]) - snapshotsIn(missing);
  const liveNow = sum(live);
  const place = past.until ?? past.seen;
  return {
    place,
    at: quiet.since,
    returns: byType(returns),
    leaves: byType(leaves),
    missing: byType(missing),
    snapshots: { now: snapshotsIn(live), after, regained, lost },
    live: { now: liveNow, after: minus(plus(liveNow, sum(returns)), sum(leaves.filter(({ recorded }) => recorded))) },
    repository: plan.repository,
    quiet: {
      locks: quiet.locks.map(({ name, ageMs }) => ({ id: name.slice(0, shortDigits), ageMs })),
      removing: quiet.removing,
      before: plain(quiet.before),
      after: plain(quiet.after),
    },
    undo: past.seen,
    digest: plan.digest,
  };
};

/** Notes when each snapshot came first: a later rewind makes it no younger. */
export const snapshotArrivals = (times: Times) => {
  const arrived = new Map<string, Seq>();
  return {
    add: ({ seq, record }: Placed): void => {
      if (record.op === 'put' && record.id.type === 'snapshots' && !arrived.has(record.id.name)) {
        arrived.set(record.id.name, seq);
      }
    },
    of: (name: string): number | null => {
      const seq = arrived.get(name);
      return seq === undefined ? null : times.of(seq);
    },
  };
};

interface Amount {
  readonly objects: number;
  readonly bytes: number;
}

const byType = (objects: readonly Sized[]): RewindView['returns'] =>
  Object.fromEntries([...Map.groupBy(objects, ({ id }) => id.type)].map(([type, those]) => [type, sum(those)]));

const sum = (objects: readonly { readonly size: number }[]): Amount => ({
  objects: objects.length,
  bytes: objects.reduce((total, { size }) => total + size, 0),
});
const plus = (one: Amount, other: Amount): Amount => ({
  objects: one.objects + other.objects,
  bytes: one.bytes + other.bytes,
});
const minus = (one: Amount, other: Amount): Amount => ({
  objects: one.objects - other.objects,
  bytes: one.bytes - other.bytes,
});

const plain = (moment: QuietMoment | null): RewindView['quiet']['before'] =>
  moment === null ? null : { place: moment.place, from: moment.from, to: moment.to };
