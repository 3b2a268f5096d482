import { describe, expect, test } from 'vitest';
import { churn } from './churn.ts';
import { day, hour, policy, testLife } from './testing-life.ts';

type Life = ReturnType<typeof testLife>;
const start = Date.UTC(2026, 10, 1, 2);

const oddities = (life: Life, since = 0, share = 0.5) => {
  const watch = churn(share);
  for (const record of life.records) watch.add(record);
  return watch.oddities(since);
};
/** Backs up at every `span` for `days` days; `keep` forgets. */
const every = (span: number, days: number, keep?: Parameters<typeof policy>[0]): Life => {
  const life = testLife(start);
  for (let at = start; at < start + days * day; at += span) {
    life.at = at;
    life.backup(1);
    if (keep !== undefined) {
      const kept = policy(keep)(life.snapshots());
      life.forget((each) => kept.has(each));
    }
  }
  life.at = start + days * day;
  return life;
};

describe('ordinary lives show nothing odd', () => {
  test.each([
    ['every quarter of an hour', every(hour / 4, 10, { hourly: 24, daily: 7 })],
    ['every hour, the last 24 kept', every(hour, 10, { hourly: 24 })],
    ['every hour, the last 70 kept', every(hour, 20, { hourly: 70 })],
    ['every night, for half a year', every(day, 180, { daily: 7, weekly: 4, monthly: 6 })],
    ['every week', every(7 * day, 180, { weekly: 8 })],
  ])('%s', (_, life) => {
    expect(oddities(life)).toEqual([]);
  });

  test('a new machine that is tried out, and then backs up every hour', () => {
    const life = testLife(start);
    for (let attempt = 0; attempt < 10; attempt += 1) life.backup(1);
    for (let at = 1; at < 100; at += 1) {
      life.at = start + at * hour;
      life.backup(1);
    }
    expect(oddities(life)).toEqual([]);
  });

  test('every hour again after a month away', () => {
    const life = every(hour, 20);
    life.at += 40 * day;
    const back = life.at;
    for (let at = 0; at < 30; at += 1) {
      life.at = back + at * hour;
      life.backup(1);
    }
    expect(oddities(life)).toEqual([]);
  });

  test('a laptop that is on for ten minutes a day and backs up five times then', () => {
    const life = testLife(start);
    for (let on = 0; on < 40; on += 1) {
      life.at = start + on * day;
      for (let time = 0; time < 5; time += 1) life.backup(1);
    }
    expect(oddities(life)).toEqual([]);
  });
});

describe('a burst of snapshots', () => {
  test('is more than a hundred within a day, with its first and last place and time', () => {
    const life = every(day, 3);
    const from = life.records.length;
    for (let junk = 0; junk < 101; junk += 1) life.backup(0);
    const snapshots = life.records.slice(from).filter(({ record }) => 'id' in record && record.id.type === 'snapshots');
    expect(oddities(life)).toEqual([
      {
        kind: 'burst',
        snapshots: 101,
        usual: null,
        first: { seq: snapshots[0]?.seq, at: snapshots[0]?.at },
        last: { seq: snapshots[100]?.seq, at: snapshots[100]?.at },
      },
    ]);
  });

  test('is more than ten times the usual, and twenty at least', () => {
    const life = every(day, 20);
    for (let junk = 0; junk < 18; junk += 1) life.backup(0);
    expect(oddities(life)).toEqual([]);
    life.backup(0);
    life.backup(0);
    expect(oddities(life)).toMatchObject([{ kind: 'burst', snapshots: 20, usual: 1 }]);
  });

  test('is no news after its time, nor once an admin has released what came of it', () => {
    const life = every(day, 20);
    for (let junk = 0; junk < 30; junk += 1) life.backup(0);
    expect(oddities(life, life.at)).toEqual([]);
    life.add({ op: 'release', at: life.at });
    expect(oddities(life)).toEqual([]);
  });
});

describe('backdated churn', () => {
  const churned = (life: Life): void => {
    const old = [...life.snapshots()];
    for (let junk = 0; junk < 16; junk += 1) life.backup(1, 0);
    for (const { snapshot } of old.slice(0, 16)) life.trash(snapshot);
  };

  test('is old snapshots that go while new ones keep their number', () => {
    const life = every(day, 30);
    churned(life);
    expect(oddities(life)).toMatchObject([{ kind: 'backdated', removed: 16, of: 30 }]);
  });

  test('is nothing new where it was so within the week before', () => {
    const life = every(day, 30);
    const began = life.at;
    churned(life);
    for (let night = 1; night < 3; night += 1) {
      life.at = began + 3 * night * day;
      const old = life.snapshots().filter(({ at }) => at < life.at - 3 * day + hour);
      for (let fresh = 0; fresh < old.length; fresh += 1) life.backup(1, 0);
      life.forget((each) => !old.includes(each));
    }
    const backdated = (since: number) => oddities(life, since).filter(({ kind }) => kind === 'backdated');
    expect(backdated(began + 2 * day)).toEqual([]);
    expect(backdated(began - day)).toMatchObject([{ removed: 16 }]);
  });

  test('is what the brake sees where nothing hides it', () => {
    const life = every(day, 30);
    for (const { snapshot } of life.snapshots()) life.trash(snapshot);
    expect(oddities(life)).toEqual([]);
  });
});
