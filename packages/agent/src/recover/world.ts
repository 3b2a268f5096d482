import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '@berth/common/problem.ts';
import type { Home } from '../config/home.ts';
import type { AgentConfig } from '../config/schema.ts';
import type { Containers } from '../containers/containers.ts';
import type { AtKillPoint } from '../containers/kill-points.ts';
import { removeSnapshot } from '../filesystems/remove.ts';
import { execOn } from '../services/exec.ts';
import { startNotedUnit } from '../services/units.ts';
import { openBook } from './book.ts';
import type { RecoverWorld } from './recover.ts';
import type { Noted } from './things.ts';

/** What `recover` is given outside of tests. */
export interface RealRecover {
  readonly home: Pick<Home, 'unfinished' | 'state'>;
  readonly env: NodeJS.ProcessEnv;
  /** Null where there is none, or none that can be read: containers and units are started all the same. */
  readonly config: Pick<AgentConfig, 'containers' | 'databases'> | null;
  readonly at?: AtKillPoint | undefined;
}

/** The real world. Nothing is loaded, and no engine asked, before there is something to put right. */
export const recoverWorld = ({ home, env, config, at }: RealRecover): RecoverWorld => {
  const now = (): Date => new Date();
  const exec = execOn(env);
  const sleep = async (delayMs: number, signal: AbortSignal): Promise<void> => {
    await pause(delayMs, undefined, { signal }).catch(() => undefined);
  };
  const containers = async (): Promise<Containers> => {
    const { openContainers } = await import('../containers/docker.ts');
    return openContainers(config?.containers?.engine ?? null, env);
  };
  return {
    now,
    containers,
    restartContainers: async (engine, stopped, onEnd, signal) => {
      const { restartContainers } = await import('../containers/restart.ts');
      const onStart = async (place: number, moment: 'sent' | 'done'): Promise<void> => {
        if (place === 1 && moment === 'done') await at?.('recover-after-first-start');
      };
      await restartContainers(engine, stopped, onEnd, signal, { sleep, onStart });
    },
    startUnit: (thing) => startNotedUnit(thing, { exec, elapsed: () => performance.now(), sleep }),
    putBack: (thing, signal) => putBack(thing, { home, env, config, containers, now }, signal),
    removeSnapshot: (thing, signal) => removeSnapshot(thing, exec, signal),
  };
};

/** The entry's own engine knows what its words mean. */
const putBack = async (
  thing: Noted & { readonly kind: 'undo' },
  about: Omit<RealRecover, 'at'> & { readonly containers: () => Promise<Containers>; readonly now: () => Date },
  signal: AbortSignal,
): Promise<void> => {
  const { home, env, config } = about;
  if (config === null) {
    throw new Problem('config-missing', 'agent.yaml, which says how to reach it, cannot be read.', 'Mend agent.yaml.');
  }
  const entry = config.databases.find(({ name }) => name === thing.entry);
  const { openDatabase } = await import('../databases/entries.ts');
  const database = entry === undefined ? null : openDatabase(entry);
  if (database?.putBack === undefined) {
    throw new Problem(
      'entry-gone',
      `agent.yaml has no entry ${thing.entry} any more whose setting could be put back: ${thing.what.slice(0, 300)}`,
      'Put it back by hand.',
    );
  }
  const { engineWorld } = await import('../databases/world.ts');
  const { quiesceBy } = await import('../services/quiesce.ts');
  await using containers = config.containers === null ? null : await about.containers();
  const things = openBook(home.unfinished, about.now);
  const none = { down: async () => Promise.reject(new Error('putting a setting back stops nothing')) };
  const quiesce = quiesceBy({
    exec: execOn(env),
    things,
    elapsed: () => 0,
    sleep: async () => undefined,
    containers: none,
  });
  await database.putBack(thing.what, engineWorld({ home, containers, things, quiesce, env, signal }), signal);
};
