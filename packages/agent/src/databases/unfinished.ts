import { Problem } from '@berth/common/problem.ts';
import type { Database, EngineName } from './engine.ts';

/** Stands where an engine is still being written. */
export const unfinished = (engine: EngineName, name: string, timeoutMs: number): Database => {
  const refuse = () => {
    throw new Problem('not-supported', `berth cannot copy ${engine} yet.`, 'Leave this entry out for now.');
  };
  return { engine, name, timeoutMs, describe: refuse, dump: refuse, verify: refuse, restore: refuse };
};
