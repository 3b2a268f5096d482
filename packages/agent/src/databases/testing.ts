import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Noted, Things } from '../recover/things.ts';
import type { EngineWorld } from './engine.ts';
import { engineWorld } from './world.ts';

/** A book of things in memory: `open` are those that nobody has put right yet, `all` is what was ever noted. */
export const thingsInMemory = (): Things & {
  readonly open: () => readonly Noted[];
  readonly all: readonly Noted[];
} => {
  const open = new Set<Noted>();
  const all: Noted[] = [];
  return {
    note: async (thing) => {
      open.add(thing);
      all.push(thing);
      return { done: async () => void open.delete(thing) };
    },
    open: () => [...open],
    all,
  };
};

/** The world as it is, with this machine's tools, but without containers; its things are in memory, its scratch folders below `state`. */
export const testWorld = (overrides: Partial<EngineWorld> & { readonly state?: string } = {}): EngineWorld => {
  const { state, ...rest } = overrides;
  let made = state;
  const home = {
    get state(): string {
      made ??= mkdtempSync(join(tmpdir(), 'berth-databases-'));
      return made;
    },
  };
  const real = engineWorld({
    home,
    containers: rest.containers ?? null,
    things: rest.things ?? thingsInMemory(),
    quiesce: rest.quiesce ?? { down: () => Promise.reject(new Error('nothing is quiesced in this test')) },
    env: process.env,
    signal: new AbortController().signal,
  });
  return { ...real, ...rest };
};
