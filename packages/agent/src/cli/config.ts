import { Problem } from '@berth/common/problem.ts';
import type { Home } from '../config/home.ts';
import { loadConfig } from '../config/load.ts';
import type { AgentConfig } from '../config/schema.ts';

/** The home's agent.yaml. Where there is none, the `Problem` says how to get one. */
export const configFrom = async (home: Home): Promise<AgentConfig> => {
  try {
    return await loadConfig(home.config);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'config-missing') throw error;
    const remedy = 'Run "berth enroll HOST" first; for a home elsewhere name it with --home DIR.';
    throw new Problem('config-missing', `${home.config} is not there.`, remedy, { cause: error });
  }
};
