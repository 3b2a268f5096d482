import type { Effects } from './effects.ts';
import { runAll, type Step } from './install.ts';
import { mark, type Plan } from './plan.ts';

/**
 * Takes back what `install` did with the same plan: of its files only those that carry the mark, which it answers; none means that nothing
 * was installed, and then nothing is done. A run that goes on ends by itself, but on macOS, where launchd
 * stops it with its job. Throws a Problem 'command-failed'.
 */
export const uninstall = async (
  plan: Plan,
  effects: Effects,
  onStep: (step: Step) => void,
): Promise<readonly string[]> => {
  const ours = await installed(plan, effects);
  if (ours.length === 0) return [];
  await runAll(plan.disable, effects, onStep);
  for (const path of ours) {
    onStep({ type: 'remove', path });
    await effects.remove(path);
  }
  for (const path of plan.traces) await effects.remove(path);
  await runAll(plan.forget, effects, onStep);
  return ours;
};

/** Which files of a plan are there and carry the mark. */
export const installed = async (plan: Plan, effects: Pick<Effects, 'read'>): Promise<readonly string[]> => {
  const ours: string[] = [];
  for (const { path } of plan.files) if ((await effects.read(path))?.includes(mark)) ours.push(path);
  return ours;
};
