import { stat } from 'node:fs/promises';
import { Problem } from '@berth/common/problem.ts';
import type { AgentConfig } from '../config/schema.ts';
import { isRight, type RecoverEnd } from '../recover/recover.ts';
import { notStarted } from './decide.ts';
import { lockOrNull } from './lock.ts';
import { okEnd, problemEnd, type StepEnd } from './recorder.ts';
import type { RunArguments, RunState } from './run.ts';

/**
 * Puts right what a run that was killed left behind, before anything else. A step where there was something; what can't be put right does not
 * keep the run from backing up. The lock of runs is held.
 */
export const putRightFirst = async ({ args, recorder }: RunState, config: AgentConfig | null): Promise<void> => {
  const { world, signal } = args;
  if (world.beside === null) return;
  const began = world.now();
  let end: StepEnd | null;
  try {
    end = recoveredEnd(await world.beside.recover(config, signal));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    end = problemEnd(error);
  }
  const recorded = end;
  if (recorded !== null) await recorder.step('recover', 0, async () => recorded, began);
};

/**
 * The same at a wake, whether or not a run is due: a shop that a killed run stopped does not wait for the next night. Nothing is done while a run
 * goes on. Throws 'state-unwritable'.
 */
export const recoverAtWake = async (
  { home, world, signal, onEvent }: Pick<RunArguments, 'home' | 'world' | 'signal' | 'onEvent'>,
  config: AgentConfig | null,
): Promise<void> => {
  // A wake every quarter of an hour writes nothing where there is nothing to do.
  if (world.beside === null || (await stat(home.unfinished).catch(() => null)) === null) return;
  await using lock = await lockOrNull(home.lock);
  if (lock === null) return;
  const end = await world.beside.recover(config, signal);
  if (end.things.length > 0) onEvent?.({ type: 'recovered', end });
};

/** Null where nothing was left behind. Whatever was stopped and does not run again counts for that, whyever it is. */
const recoveredEnd = (end: RecoverEnd): StepEnd | null => {
  const { things, broken } = end;
  if (things.length === 0 && broken === null) return null;
  const words = things.map(({ what, words: said, reason }) => `${what}: ${said ?? reason ?? 'put right'}`);
  const all = broken === null ? words : [...words, `${broken} could not be read: look whether all runs that should`];
  const numbers = { thingsRight: things.filter(({ outcome }) => outcome === 'done').length };
  if (isRight(end)) return { ...okEnd, numbers, words: all };
  const down = things.some(({ kind, outcome }) => outcome === 'kept' && (kind === 'container' || kind === 'unit'));
  const first = things.find(({ outcome }) => outcome !== 'done');
  const reason = down ? notStarted : (first?.reason ?? 'state-broken');
  return { ...okEnd, outcome: down ? 'failed' : 'incomplete', reason, numbers, words: all };
};
