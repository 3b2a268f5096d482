import { expect, test } from 'vitest';
import { dumpTags, encodeName, fileNameOf } from '../databases/name.ts';
import { safetyTag, storedDumps } from '../databases/stored.ts';
import { chooseDumps } from './choose.ts';

const dump = (id: string, time: string, database: string | null, more: readonly string[] = []) => {
  const about = { engine: 'postgres', name: 'pg', database } as const;
  const paths = [`/${fileNameOf({ ...about, ending: database === null ? 'sql' : 'dump' })}`];
  return { id: id.repeat(64), time, hostname: 'nas', paths, tags: [...dumpTags(about), ...more] };
};
const weird = 'we"ird\n/name';
const all = storedDumps([
  dump('1', '2026-06-01T03:00:00Z', 'old'),
  dump('2', '2026-11-13T03:00:00Z', 'shop'),
  dump('3', '2026-11-14T03:00:00Z', 'shop'),
  dump('4', '2026-11-14T03:00:01Z', weird),
  dump('5', '2026-11-14T03:00:02Z', null),
  dump('6', '2026-11-14T12:00:00Z', 'shop', [safetyTag]),
]);
const idsOf = (name: string, snapshot: string | null = null) =>
  chooseDumps(all, name, snapshot)
    .dumps.map((one) => one.snapshot[0])
    .join('');

test('an entry is the newest dump of each of its databases, what belongs to all of them first', () => {
  expect(idsOf('pg')).toBe('534');
  expect(chooseDumps(all, 'pg', null).leftOut.map(({ database }) => database)).toEqual(['old']);
});

test('a database is named as the engine or as the tag calls it, also one that is gone since', () => {
  expect([idsOf('pg/shop'), idsOf(`pg/${weird}`), idsOf(`pg/${encodeName(weird)}`), idsOf('pg/old')]).toEqual([
    ...'3441',
  ]);
});

test('a snapshot is named by how its id begins, the one from before a restore too', () => {
  expect([idsOf('pg', '2222'), idsOf('pg/shop', '66666666')]).toEqual(['2', '6']);
});

test.for([
  ['gp', null, 'unknown-dump', 'Did you mean pg?'],
  ['pg/shpo', null, 'unknown-dump', 'Did you mean shop?'],
  ['pg/shop', '4444', 'unknown-dump', 'berth restore-db pg/'],
  ['pg/shop', 'ffff', 'unknown-dump', 'berth snapshots --tag db'],
] as const)('%s with snapshot %s is a %s and says what to do', ([name, snapshot, code, remedy]) => {
  const refusal = expect.objectContaining({ code, remedy: expect.stringContaining(remedy) });
  expect(() => chooseDumps(all, name, snapshot)).toThrow(refusal);
});

test('without any dump it says how to get one', () => {
  expect(() => chooseDumps([], 'pg', null)).toThrow(expect.objectContaining({ code: 'no-dump' }));
});
