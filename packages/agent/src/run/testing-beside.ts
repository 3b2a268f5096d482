import { Problem } from '@berth/common/problem.ts';
import type { Database, EngineName, Unit } from '../databases/engine.ts';
import { fileNameOf } from '../databases/name.ts';
import { testWorld } from '../databases/testing.ts';
import type { Taken } from '../filesystems/snapshots.ts';
import type { RecoverEnd } from '../recover/recover.ts';
import type { Beside, BesideWorld, QuietGroup } from './beside.ts';
import { configWith, stage } from './testing.ts';

/** What a fake database does when it is dumped; nothing for one that goes well. */
export type Dumping = (signal: AbortSignal) => Promise<void>;

/** What a test says of a machine that has more than files. `calls` is shared with the stage, so that the order shows. */
export interface FakeBeside extends BesideWorld {
  readonly databases: Database[];
  readonly groups: QuietGroup[];
  problem: Problem | null;
  readonly unclear: { readonly container: string; readonly problem: Problem }[];
  recovered: RecoverEnd;
  /** Of the paths asked for, those that can be kept as they are. */
  keeps: (path: string) => boolean;
  /** Asked, and thrown, when a group is to go down or up. */
  readonly downs: (Problem | null)[];
  readonly ups: (Problem | null)[];
  meanwhile: readonly string[];
  /** Ends the time of the group that is down. */
  expire: (why: Problem) => void;
}

/** A database of one unit, or of as many as are named. */
export const fakeDatabase = (
  calls: string[],
  name: string,
  dumping: Dumping = async () => undefined,
  databases: readonly (string | null)[] = [null],
): Database => {
  const engine: EngineName = 'postgres';
  const units = databases.map(
    (database): Unit => ({
      database,
      form: 'stream',
      file: fileNameOf({ engine, name, database, ending: 'dump' }),
    }),
  );
  return {
    ...{ engine, name, timeoutMs: 60_000 },
    describe: async () => {
      calls.push(`describe ${name}`);
      return { version: 'PostgreSQL 15', units, warnings: [] };
    },
    dump: async (_unit, to, _world, signal) => {
      if (to.kind === 'stream') await to.sink.write(new TextEncoder().encode('row'));
      await dumping(signal);
      return { warnings: [] };
    },
    verify: () => ({
      see: () => undefined,
      conclude: async () => 'tool',
      [Symbol.asyncDispose]: async () => undefined,
    }),
    restore: async () => ({ warnings: [] }),
  };
};

/** A group without containers: only its name counts here. */
export const fakeGroup = (name: string, paths: readonly string[] = [`/srv/${name}`]): QuietGroup => ({
  group: { kind: 'unit', name, unit: `${name}.service`, user: false, timeoutMs: 60_000 },
  ...{ paths, warnings: [], problem: null },
});

/** A machine with nothing beside its files, until a test says otherwise. */
export const fakeBeside = (calls: string[]): FakeBeside => {
  const it: FakeBeside = {
    ...{ databases: [], groups: [], problem: null, unclear: [], keeps: () => false, downs: [], ups: [], meanwhile: [] },
    recovered: { things: [], broken: null },
    expire: () => undefined,
    recover: async () => {
      if (it.recovered.things.length > 0) calls.push('recover');
      return it.recovered;
    },
    open: async (): Promise<Beside> => ({
      ...{ databases: it.databases, groups: it.groups, problem: it.problem, unclear: it.unclear, folders: '/nowhere' },
      engines: testWorld(),
      quiesce: {
        down: async ({ name }, signal) => {
          calls.push(`down ${name}`);
          const refused = it.downs.shift() ?? null;
          if (refused !== null) throw refused;
          const time = new AbortController();
          it.expire = (why) => time.abort(why);
          const onStop = () => time.abort(new Problem('cancelled', 'Stopped.', 'Run it again.'));
          signal.addEventListener('abort', onStop, { once: true });
          const up = async () => {
            calls.push(`up ${name}`);
            const stuck = it.ups.shift() ?? null;
            if (stuck !== null) throw stuck;
            return { downMs: 1500, meanwhile: it.meanwhile, warnings: [] };
          };
          return { signal: time.signal, up, [Symbol.asyncDispose]: async () => undefined };
        },
      },
      takeSnapshots: async (paths): Promise<Taken> => {
        const covered = paths.filter((path) => it.keeps(path));
        calls.push(`take ${covered.join()}`);
        return {
          covered,
          live: paths.filter((path) => !it.keeps(path)).map((path) => ({ path, why: 'ext4 has none' })),
          prefix: covered.length === 0 ? [] : ['unshare'],
          [Symbol.asyncDispose]: async () => void calls.push('remove'),
        };
      },
      [Symbol.asyncDispose]: async () => undefined,
    }),
  };
  return it;
};

/** A stage on which there is more than files; `more` is what agent.yaml says besides. */
export const withBeside = async (set: (beside: FakeBeside, calls: string[]) => void, more = '') => {
  const it = await stage();
  const beside = fakeBeside(it.calls);
  set(beside, it.calls);
  const config = configWith(
    `databases: [{ engine: postgres }]\nservices: [{ unit: shop.service, paths: [/home/shop] }]\n${more}`,
  );
  return {
    ...it,
    beside,
    run: (over: Parameters<typeof it.run>[1] = {}) => it.run(config, { world: { ...it.world, beside }, ...over }),
  };
};
