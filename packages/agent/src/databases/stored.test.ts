import fc from 'fast-check';
import { expect, test } from 'vitest';
import { engineNames } from './engine.ts';
import { decodeName, dumpTags, encodeName, fileNameOf } from './name.ts';
import { dumpName, newestDumps, safetyTag, storedDumps, type Tagged } from './stored.ts';

const tagged = (
  about: { readonly engine: (typeof engineNames)[number]; readonly name: string; readonly database: string | null },
  more: Partial<Tagged> & { readonly ending?: string | null } = {},
): Tagged => {
  const { ending = 'dump', ...rest } = more;
  const file = fileNameOf({ ...about, ending });
  return {
    id: 'ab'.repeat(32),
    time: '2026-11-14T03:00:00.123456789+01:00',
    hostname: 'laptop',
    paths: [ending === null ? `/var/lib/berth/databases/${file}` : `/${file}`],
    tags: dumpTags(about),
    ...rest,
  };
};

test('a snapshot says which entry, engine and database it is of, whatever they are called and however the tags stand', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...engineNames),
      fc.oneof(
        fc.constantFrom(...engineNames, 'before-restore', 'shop-db'),
        fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/),
      ),
      fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 })),
      fc.boolean(),
      (engine, name, database, isSafety) => {
        const tags = [...dumpTags({ engine, name, database }), ...(isSafety ? [safetyTag] : [])].toReversed();
        const [stored] = storedDumps([tagged({ engine, name, database }, { tags })]);
        expect(stored).toMatchObject({
          entry: name,
          engine,
          database,
          form: 'stream',
          isSafety: isSafety && name !== 'before-restore',
        });
      },
    ),
    { numRuns: 200 },
  );
});

test('a folder is told from a stream by its place', () => {
  const [stored] = storedDumps([tagged({ engine: 'sqlite', name: 'vault', database: null }, { ending: null })]);
  expect(stored).toMatchObject({ form: 'folder', file: 'sqlite-vault', path: '/var/lib/berth/databases/sqlite-vault' });
});

test('files, and what only calls itself a dump, are none', () => {
  const odd: readonly Partial<Tagged>[] = [
    { tags: ['berth'], paths: ['/etc'] },
    { tags: ['db'] },
    { tags: ['db', 'db:postgres', 'db:shop'], paths: ['/shop.dump'] },
    { tags: ['db', 'db:redys'], paths: ['/redys.rdb'] },
    { tags: ['db', 'db:postgres', 'db:postgres/a%2'] },
    { tags: ['db', 'db:postgres'], paths: ['/postgres.dump', '/etc'] },
    { tags: ['db', 'db:postgres'], paths: [] },
    { tags: ['db', 'db:postgres'], paths: ['/postgres a.dump'] },
  ];
  const snapshots = odd.map((more) => tagged({ engine: 'postgres', name: 'postgres', database: null }, more));
  expect(storedDumps(snapshots)).toEqual([]);
});

test('the newest is by time, and never what was taken before a restore', () => {
  const about = { engine: 'postgres', name: 'postgres', database: 'shop' } as const;
  const dumps = storedDumps([
    tagged(about, { id: 'b', time: '2026-11-15T03:00:00Z' }),
    tagged(about, { id: 'a', time: '2026-11-14T03:00:00Z' }),
    tagged(about, { id: 'c', time: '2026-11-16T03:00:00Z', tags: [...dumpTags(about), safetyTag] }),
    tagged({ ...about, database: null }, { id: 'g', time: '2026-11-13T03:00:00Z', ending: 'sql' }),
  ]);
  expect(
    newestDumps(dumps)
      .map(({ snapshot }) => snapshot)
      .toSorted(),
  ).toEqual(['b', 'g']);
  expect(dumps.map(dumpName)).toEqual(['postgres/shop', 'postgres/shop', 'postgres/shop', 'postgres']);
});

test('a name comes back from its encoding, and nothing else does', () => {
  const name = 'we"ird\nnäme, x/y';
  expect(decodeName(encodeName(name))).toBe(name);
  for (const wrong of ['%', '%zz', '%0a', 'a b', '%FF', '%41']) expect(decodeName(wrong), wrong).toBeNull();
});

test('a path that would lead out of the folder it is restored to is no dump’s', () => {
  const about = { engine: 'sqlite', name: 'vault', database: null } as const;
  const good = tagged(about, { ending: null });
  expect(storedDumps([good])).toHaveLength(1);
  for (const path of ['/../../etc/sqlite-vault', '/var/../../sqlite-vault', '\\..\\..\\sqlite-vault/sqlite-vault']) {
    expect(storedDumps([{ ...good, paths: [path] }]), path).toEqual([]);
  }
});
