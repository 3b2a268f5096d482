import { setTimeout as sleep } from 'node:timers/promises';
import type { ResticSettings } from '@berth/common/restic/invoke.ts';
import { findLeash } from '@berth/common/restic/leash.ts';
import { openRestic } from '@berth/common/restic/restic.ts';
import type { Home } from '../config/home.ts';
import type { AgentConfig } from '../config/schema.ts';
import type { AtKillPoint } from '../containers/kill-points.ts';
import { coordinatorAt } from '../server/coordinator-at.ts';
import { openTransport } from '../transport/transport.ts';
import type { Reach } from './attempt.ts';
import { besideWorld } from './beside-world.ts';
import type { RunWorld } from './run.ts';

/** The real world: this machine's clock, ssh and restic. `env` is where restic gets its few variables from; `at` is for tests that kill. */
export const realWorld = (
  home: Home,
  env: NodeJS.ProcessEnv,
  lastResort: (text: string) => void,
  at?: AtKillPoint,
): RunWorld => ({
  now: () => new Date(),
  sleep: pause,
  sleepBeside: pause,
  random: Math.random,
  beside: besideWorld({ home, env, at }),
  reach: (config, signal) => reach(home, config, env, signal),
  coordinator: (config, signal) => coordinatorAt(config.server, home, signal),
  lastResort,
});

const pause = async (delayMs: number, signal: AbortSignal): Promise<void> =>
  sleep(Math.min(delayMs, 2 ** 31 - 1), undefined, { signal }).catch(() => undefined);

const reach = async (home: Home, config: AgentConfig, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Reach> => {
  await using stack = new AsyncDisposableStack();
  const transport = stack.use(await openTransport({ destination: config.server, home, signal }));
  const { upload, download } = config.limits;
  const { nice, ionice } = config.priority;
  const settings: ResticSettings = {
    repository: transport.repository,
    options: transport.options,
    passwordFile: home.password,
    cacheDirectory: home.cache,
    env,
    limits: {
      uploadKiB: upload === null ? null : upload / 1024,
      downloadKiB: download === null ? null : download / 1024,
    },
    priority: { nice, ionice: ionice === 'normal' ? null : ionice },
    leash: await findLeash(env),
  };
  const restic = await openRestic(settings);
  const open = stack.move();
  const behind = (prefix: readonly string[]) => openRestic({ ...settings, prefix });
  return { restic, behind, [Symbol.asyncDispose]: () => open.disposeAsync() };
};
