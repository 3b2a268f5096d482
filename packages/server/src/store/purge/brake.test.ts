import { randomRuns } from '@berth/common/testing/random-runs.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { brake } from './brake.ts';
import { day, hour, minute, policy, testLife } from './testing-life.ts';

type Life = ReturnType<typeof testLife>;
const start = Date.UTC(2026, 10, 1, 2);
const half = 0.5;

const frozen = (life: Life, share = half) => {
  const watch = brake(share);
  for (const record of life.records) watch.add(record);
  return watch.frozen();
};
/** One that backed up every night for a month, and forgot nothing. */
const aMonth = (packs = 40): Life => {
  const life = testLife(start);
  life.backup(packs);
  for (let night = 1; night < 30; night += 1) {
    life.at = start + night * day;
    life.backup(1);
  }
  life.at = start + 30 * day;
  return life;
};
const keep = (life: Life, ...how: Parameters<typeof policy>): void => {
  const kept = policy(...how)(life.snapshots());
  life.forget((each) => kept.has(each));
};

describe('an ordinary life pulls no brake', () => {
  test.each([0, 8, 'all'] as const)('hourly backups that keep 24, sharing %s packs with the last', (shared) => {
    const life = testLife(start);
    for (let at = 0; at < 10 * 24; at += 1) {
      life.at = start + at * hour;
      life.backup(4, shared);
      keep(life, { hourly: 24 });
      life.prune();
    }
    expect(frozen(life)).toBeNull();
  });

  test('whatever number of hours or days is kept of backups that share nothing', () => {
    const lives = fc.record({
      every: fc.constantFrom(hour, 6 * hour, 12 * hour, day),
      kept: fc.integer({ min: 2, max: 90 }),
      late: fc.array(fc.integer({ min: 0, max: 25 }), { minLength: 7, maxLength: 7 }),
    });
    fc.assert(
      fc.property(lives, ({ every, kept, late }) => {
        const life = testLife(start);
        for (let at = 0; at < kept + (3 * day) / every; at += 1) {
          life.at = start + at * every + (late[at % late.length] ?? 0) * minute;
          life.backup(2, 0);
          life.forget((_, newest) => newest < kept);
          life.prune();
        }
        expect(frozen(life)).toBeNull();
      }),
      randomRuns({ everyday: 50, long: 150 }),
    );
  });

  test('daily backups that keep 7 days, 4 weeks, 6 months and prune weekly, writing a fifth anew', () => {
    const life = testLife(start);
    life.backup(100);
    for (let night = 1; night < 200; night += 1) {
      life.at = start + night * day;
      life.backup(3, 97);
      keep(life, { daily: 7, weekly: 4, monthly: 6 });
      if (night % 7 === 0) life.prune(0.2);
    }
    expect(frozen(life)).toBeNull();
  });

  test("a new machine's first days: two tries by hand, one forgotten, then every night", () => {
    const life = testLife(start);
    life.backup(3);
    life.backup(20);
    life.forget((_, newest) => newest === 0);
    life.prune();
    for (let night = 1; night < 5; night += 1) {
      life.at = start + night * day;
      life.backup(1);
      keep(life, { daily: 7 });
    }
    expect(frozen(life)).toBeNull();
  });

  test('a backup that was cut leaves packs, and the next prune removes them', () => {
    const life = aMonth();
    const left = Array.from({ length: 20 }, () => life.put('data', 16_000_000));
    life.prune();
    for (const id of left) life.trash(id);
    expect(frozen(life)).toBeNull();
  });

  test('restic locks, a thousand in an hour', () => {
    const life = aMonth();
    for (let lock = 0; lock < 1000; lock += 1) life.trash(life.put('locks', 150));
    expect(frozen(life)).toBeNull();
  });

  test('damage is nothing that the source removed, and what is left of it is what the share is taken of', () => {
    const life = aMonth();
    const damaged = life.packs().slice(0, 60);
    for (const id of damaged) life.add({ op: 'quarantine', at: life.at, id, size: 16_000_000, of: null });
    expect(frozen(life)).toBeNull();
    for (const id of life.packs().slice(60, 65)) life.trash(id);
    expect(frozen(life)).toMatchObject({ what: 'bytes', share: 5 / 9 });
  });
});

describe('a mass deletion pulls it', () => {
  test('a wipe of everything, with the place just before it and all that went', () => {
    const life = aMonth();
    const first = life.records.length;
    life.wipe('snapshots', 'data');
    const found = frozen(life);
    expect(found).toMatchObject({ what: 'snapshots', share: 1 });
    expect(found?.from).toEqual({ seq: life.records[first]?.seq, at: life.records[first]?.at });
    expect(found?.to.seq).toBe(life.records.at(-1)?.seq);
    expect(found?.removed).toEqual({ objects: 30 + 69, snapshots: 30, bytes: 30 * 300 + 69 * 16_000_000 });
    expect(found?.since).toBe(life.records[first + 15]?.at);
  });

  test('a wipe that begins with what does not count begins there', () => {
    const life = aMonth();
    life.at = start + 30 * day;
    const first = life.records.length;
    life.trash(life.put('keys', 400));
    life.wipe('data');
    expect(frozen(life)?.from.seq).toBe(life.records[first + 1]?.seq);
  });

  test('more than half of the bytes, with every snapshot left', () => {
    const life = aMonth();
    life.wipe('data');
    expect(frozen(life)).toMatchObject({ what: 'bytes', share: 1 });
  });

  test('half is not more than half: one of two snapshots, and 15 of 30', () => {
    const two = testLife(start);
    two.backup(2);
    two.backup(2);
    two.forget((_, newest) => newest === 0);
    expect(frozen(two)).toBeNull();
    const life = aMonth();
    life.forget((_, newest) => newest < 15);
    expect(frozen(life)).toBeNull();
    life.forget((_, newest) => newest < 14);
    expect(frozen(life)).toMatchObject({ what: 'snapshots', share: 16 / 30, removed: { snapshots: 16 } });
  });

  test('a wipe hidden behind as many junk snapshots and packs', () => {
    const life = aMonth();
    const real = [...life.snapshots()];
    for (let junk = 0; junk < 40; junk += 1) life.backup(2, 0);
    const first = life.records.length;
    for (const { snapshot } of real) life.trash(snapshot);
    for (const id of life.packs().slice(0, 69)) life.trash(id);
    const found = frozen(life);
    expect(found?.what).toBe('bytes');
    expect(found?.from.seq).toBe(life.records[first]?.seq);
  });

  test('a slow one, an object every twenty minutes, within a day', () => {
    const life = aMonth();
    const first = life.records.length;
    for (const [index, { snapshot }] of life.snapshots().entries()) {
      life.at = start + 30 * day + index * 20 * minute;
      life.trash(snapshot);
    }
    const found = frozen(life);
    expect(found).toMatchObject({ what: 'snapshots', share: 1 });
    expect(found?.from.seq).toBe(life.records[first]?.seq);
  });

  test('of a source that is minutes old, too', () => {
    const life = testLife(start);
    for (let snapshot = 0; snapshot < 3; snapshot += 1) life.backup(3);
    life.wipe('data');
    expect(frozen(life)).toMatchObject({ what: 'bytes' });
  });

  test('by the share that the file says', () => {
    const life = aMonth();
    life.forget((_, newest) => newest < 25);
    expect(frozen(life, 0.1)).toMatchObject({ what: 'snapshots', share: 5 / 30 });
    expect(frozen(life, 0.2)).toBeNull();
    life.wipe('snapshots', 'data');
    expect(frozen(life, 1)).toBeNull();
  });

  test('and it stays so, however long it is quiet, until it is released; then the counting begins anew', () => {
    const life = aMonth();
    life.wipe('snapshots');
    life.at += 60 * day;
    life.backup(10);
    expect(frozen(life)).not.toBeNull();
    life.add({ op: 'release', at: life.at });
    expect(frozen(life)).toBeNull();
    life.backup(10);
    expect(frozen(life)).toBeNull();
    life.wipe('snapshots');
    expect(frozen(life)).not.toBeNull();
  });
});

test('less than half each day, over three days, is not caught: what it removed is kept for its time all the same', () => {
  const life = aMonth();
  for (let night = 0; night < 6; night += 1) {
    life.at = start + 30 * day + night * 25 * hour;
    const left = life.snapshots().length;
    life.forget((_, newest) => newest < Math.ceil(left * 0.55));
  }
  expect(life.snapshots().length).toBeLessThan(3);
  expect(frozen(life)).toBeNull();
});
