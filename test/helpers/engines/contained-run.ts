import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Containers } from '../../../packages/agent/src/containers/containers.ts';
import { labelledDatabases } from '../../../packages/agent/src/containers/labelled-databases.ts';
import { quiesceContainers } from '../../../packages/agent/src/containers/quiesce.ts';
import type { Database, Unit } from '../../../packages/agent/src/databases/engine.ts';
import { openDatabase } from '../../../packages/agent/src/databases/entries.ts';
import { engineWorld } from '../../../packages/agent/src/databases/world.ts';
import { openBook } from '../../../packages/agent/src/recover/book.ts';
import type { Podman } from '../podman.ts';
import { withRepository } from './repository.ts';

/** A repository, and the world of a run: its own book, the engine's containers, which it stops and starts for real. */
export const withContainers = async (engine: Podman) => {
  const repository = await withRepository('0.18');
  const state = join(repository.directory, 'state');
  const { containers } = engine;
  const things = openBook(join(state, 'unfinished.json'), () => new Date());
  const quiesce = quiesceContainers({
    ...{ containers, things, elapsed: () => performance.now() },
    sleep: (delayMs, signal) => sleep(delayMs, undefined, { signal }).catch(() => undefined),
  });
  const signal = new AbortController().signal;
  let units: readonly Unit[] = [];
  const sent: string[] = [];
  const heard: Containers = {
    ...containers,
    exec: (container, request, ending) => {
      sent.push(JSON.stringify([request.argv, request.env]));
      return containers.exec(container, request, ending);
    },
  };
  const world = engineWorld({ home: { state }, containers: heard, things, quiesce, env: process.env, signal });
  return {
    world,
    directory: repository.directory,
    /** Arguments and environment of every process that was asked for in a container, as JSON. */
    sent,
    /** All of a database's units, each of which becomes a snapshot. */
    dump: async (database: Database) => {
      const { dumps, described, problem, words } = await repository.dump(database, { world });
      units = described?.units ?? [];
      expect({ problem, words }).toEqual({ problem: null, words: [] });
      for (const dump of dumps) expect(dump).toMatchObject({ outcome: 'ok', snapshot: expect.any(String) });
      return dumps;
    },
    restore: async (database: Database, name: string | null, into: 'live' | { readonly new: string } = 'live') => {
      const unit = units.find((one) => one.database === name);
      if (unit === undefined) throw new Error(`no dump of ${name}`);
      const to = into === 'live' ? { kind: 'live' as const } : { kind: 'new' as const, name: into.new };
      return repository.restore(database, unit, to, world);
    },
    /** That nothing is left to put right, neither in the book nor in the agent's folders. */
    expectTidy: async (): Promise<void> => {
      expect(await things.entries()).toEqual([]);
      for (const folder of ['scratch', 'databases']) {
        expect(await readdir(join(state, folder)).catch(() => [])).toEqual([]);
      }
    },
    [Symbol.asyncDispose]: () => repository[Symbol.asyncDispose](),
  };
};

/** The database that a container's labels ask for. */
export const labelledDatabase = async (engine: Podman, name: string): Promise<Database> => {
  const all = (await engine.containers.list()).filter((container) => container.name === name);
  const [found] = labelledDatabases(all, []);
  if (found?.entry == null) throw found?.problem ?? new Error(`no label of ${name}`);
  return openDatabase(found.entry);
};

/** Quotes, backslashes, blanks, dollars, backticks: a shell has to pass it on as it is. */
export const secret = (engineName: string): string =>
  `${engineName}'s "secret" \\slash $HOME \`id\` ${Math.random().toString(36).slice(2)}`;

/** The end of it, which stays the same however the rest is quoted. */
export const markOf = (password: string): string => password.slice(password.lastIndexOf(' ') + 1);
