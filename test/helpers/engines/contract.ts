import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../../packages/agent/src/databases/engine.ts';
import type { ResticRelease } from '../../../scripts/fetch-restic.ts';
import { watchArguments } from './cmdlines.ts';
import { midway } from './midway.ts';
import { type Repository, withRepository } from './repository.ts';

/** A name that shells, SQL, options, connection strings, tags and paths each read in their own way. */
export const weirdName = `-we'ird "na\`me", \\x=1\n$(touch /tmp/x) %41 ü`;

/** What a real engine brings to the contract. Null stands for what it has no notion of. */
export interface Subject {
  /** An entry that works, of what is small. */
  readonly database: () => Database;
  /** An entry of which the dump is at least some megabytes, so that something can happen in its middle, and what ends its producer then. */
  readonly cut: {
    readonly database: () => Database;
    readonly act: () => Promise<void>;
    readonly unit?: string | null;
  } | null;
  readonly wrongPassword: (() => Database) | null;
  readonly unreachable: (() => Database) | null;
  /** Makes something of this name, and gives the entry and the unit's name in which it is dumped. */
  readonly weird: ((name: string) => Promise<{ readonly database: Database; readonly unit: string | null }>) | null;
  /** What must stand in no process's arguments. */
  readonly secrets: readonly string[];
}

/**
 * What every engine promises, tried on a real one. `subject` is asked once per test; `cut` comes last, as it may end the server. Only call it
 * once in a file.
 */
export const expectEngine = (about: {
  readonly engine: string;
  readonly release: ResticRelease;
  /** Only what the stream into restic is a part of: for a second restic. */
  readonly streamOnly?: boolean;
  readonly subject: () => Subject | Promise<Subject>;
}): void => {
  const { engine, release } = about;
  describe(`${engine}, as every engine, with restic ${release}`, () => {
    let repository: Repository;
    beforeAll(async () => {
      repository = await withRepository(release);
    });
    afterAll(() => repository[Symbol.asyncDispose]());
    /** How many snapshots something made. */
    const made = async (work: () => Promise<unknown>): Promise<number> => {
      const before = await repository.count();
      await work();
      return (await repository.count()) - before;
    };

    test('a dump that went well is a snapshot with its tags, found whole, and no secret stood in any arguments', async () => {
      const { database, secrets } = await about.subject();
      await using watched = watchArguments(secrets);
      const done = await repository.dump(database());
      expect(done.problem).toBeNull();
      expect(done.dumps.length).toBeGreaterThan(0);
      for (const dump of done.dumps) {
        expect(dump).toMatchObject({ outcome: 'ok', reason: null, snapshot: expect.any(String) });
        expect(dump.bytes).toBeGreaterThan(0);
        expect(dump.verified).not.toBe('none');
      }
      const snapshots = await repository.snapshots();
      expect(snapshots).toHaveLength(done.dumps.length);
      for (const { tags } of snapshots) expect(tags).toEqual(expect.arrayContaining(['db', `db:${database().engine}`]));
      expect(watched.looks()).toBeGreaterThan(0);
      expect([...watched.found]).toEqual([]);
    });

    test('a wrong password is told as such, and makes no snapshot', async (context) => {
      if (about.streamOnly) return context.skip('no stream is part of it: the other restic is enough');
      const { wrongPassword } = await about.subject();
      if (wrongPassword === null) return context.skip(`${engine} knows no passwords here`);
      const work = async () =>
        expect(await repository.dump(wrongPassword())).toMatchObject({
          problem: { code: 'database-refused' },
          dumps: [],
        });
      expect(await made(work)).toBe(0);
    });

    test('an engine that is not there is told as such', async (context) => {
      if (about.streamOnly) return context.skip('no stream is part of it: the other restic is enough');
      const { unreachable } = await about.subject();
      if (unreachable === null) return context.skip(`${engine} is no server`);
      const work = async () =>
        expect(await repository.dump(unreachable())).toMatchObject({ problem: { code: 'database-unreachable' } });
      expect(await made(work)).toBe(0);
    });

    test('a name with quotes, a newline and more goes through', async (context) => {
      if (about.streamOnly) return context.skip('no stream is part of it: the other restic is enough');
      const { weird } = await about.subject();
      if (weird === null) return context.skip(`${engine} has no names of its own`);
      const { database, unit } = await weird(weirdName);
      const done = await repository.dump(database);
      expect(done.problem).toBeNull();
      expect(done.dumps.map(({ outcome }) => outcome)).toEqual(done.dumps.map(() => 'ok'));
      const described = await database.describe(repository.world, new AbortController().signal);
      expect(described.units.map((one) => one.database)).toContain(unit);
    });

    test('cancelled midway it ends soon, and makes no snapshot', async (context) => {
      const { cut } = await about.subject();
      if (cut === null) return context.skip(`${engine} has no middle`);
      const cancel = new AbortController();
      const database = midway(cut.database(), async () => cancel.abort(), {
        unit: cut.unit,
        bytes: 300_000,
      });
      const before = await repository.count();
      const done = await repository.dump(database, { signal: cancel.signal });
      expect(database.wasThere(), JSON.stringify(done)).toBe(true);
      const whole = done.dumps.filter(({ outcome }) => outcome === 'ok').length;
      expect(done.dumps.filter(({ outcome }) => outcome === 'cancelled').length).toBeGreaterThan(0);
      await sleep(200);
      expect(await repository.count()).toBe(before + whole);
    });

    test('a producer that dies midway makes no snapshot, and its own words are told', async (context) => {
      const { cut } = await about.subject();
      if (cut === null) return context.skip(`${engine} has no middle`);
      const database = midway(cut.database(), cut.act, { unit: cut.unit, bytes: 300_000 });
      const before = await repository.count();
      const done = await repository.dump(database);
      expect(database.wasThere()).toBe(true);
      const failed = done.dumps.filter(({ outcome }) => outcome !== 'ok');
      expect(failed).toHaveLength(1);
      expect(failed[0]).toMatchObject({ outcome: 'failed', reason: 'dump-failed', snapshot: null });
      expect(done.words.join('\n')).not.toBe('');
      expect(await repository.count()).toBe(before + done.dumps.length - 1);
    });
  });
};
