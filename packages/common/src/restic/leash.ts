import { isMainThread } from 'node:worker_threads';
import { execa } from 'execa';
import { childEnvironment, type Environment } from './environment.ts';

const words = ['setpriv', '--pdeathsig', 'KILL'] as const;

/**
 * Words in front of a restic that reads a stream, for `ResticSettings.leash`: the kernel kills it when we die, where it would wait for ever
 * for the rest of a dump, with its lock in the repository. Only Linux has that, by PR_SET_PDEATHSIG (prctl(2)): at the death of the thread that
 * started it, so that only a main thread may ask for it; and not for a restic with capabilities of its own, which the kernel lets go. Where
 * there is none, `berth recover` ends it.
 */
export const findLeash = async (env: Environment, platform = process.platform): Promise<readonly string[]> => {
  if (platform !== 'linux' || !isMainThread) return [];
  const [program, ...args] = words;
  const options = {
    env: childEnvironment(env),
    extendEnv: false,
    stdin: 'ignore',
    timeout: 20_000,
    reject: false,
  } as const;
  // BusyBox has a setpriv that knows nothing of it.
  const { exitCode } = await execa(program, [...args, 'true'], options);
  return exitCode === 0 ? words : [];
};
