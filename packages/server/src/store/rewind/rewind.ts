import { change } from '../change.ts';
import type { Context } from '../context.ts';
import type { ObjectType } from '../object.ts';
import { inParallel } from '../parallel.ts';
import type { Leave, Return, RewindPlan } from './plan.ts';

/** How far a rewind is, in objects; `steps` is all of them. */
export interface RewindProgress {
  readonly done: number;
  readonly steps: number;
}

/** Enough at once that they share an fsync, few enough that a million of them wait without memory. */
const atOnce = 256;

/** What refers to others comes back after them. */
const returning: readonly ObjectType[] = ['data', 'index', 'keys', 'config', 'snapshots'];
/** And goes before them. */
const leaving: readonly ObjectType[] = ['locks', 'snapshots', 'index', 'data', 'keys', 'config'];

/**
 * Makes the plan true, on a context that is exclusive. First everything of the moment comes back, then what came later
 * goes: so at every step, and wherever a kill ends it, all that the moment needs is live or in the trash, and planning
 * anew from there leads to the same end. `onStep` is called after each object. Answers 'interrupted' when `signal`
 * ended it early. Throws the disk's errors, after which the same holds.
 */
export const rewind = async (
  context: Context,
  plan: RewindPlan,
  options: { readonly signal: AbortSignal; readonly onStep: (progress: RewindProgress) => void },
): Promise<'done' | 'interrupted'> => {
  const { signal, onStep } = options;
  const steps = plan.returns.length + plan.leaves.length;
  let done = 0;
  const each = <Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> =>
    inParallel(items, { atOnce, signal }, async (item) => {
      await work(item);
      done += 1;
      onStep({ done, steps });
    });

  const returns = Map.groupBy(plan.returns, ({ id }) => id.type);
  const leaves = Map.groupBy(plan.leaves, ({ id }) => id.type);
  for (const type of returning) {
    const back = returns.get(type) ?? [];
    if (type === 'config' && back.length > 0) {
      // One name, two contents: the other has to be gone for good before this one comes, or a power cut between the two
      // could leave it in the way.
      await each(leaves.get(type) ?? [], (object) => leave(context, object));
      leaves.delete(type);
      await context.folders.settle();
    }
    await each(back, (object) => comeBack(context, object));
  }
  for (const type of leaving) await each(leaves.get(type) ?? [], (object) => leave(context, object));
  await context.folders.settle();
  return done < steps ? 'interrupted' : 'done';
};

const comeBack = (context: Context, { id, size, of }: Return): Promise<unknown> =>
  change(context, { op: 'restore', id, size, of });

const leave = async (context: Context, { id, size, recorded }: Leave): Promise<void> => {
  // So that the journal's sums stay right.
  if (!recorded) await context.record({ op: 'put', id, size, sha256: null });
  await change(context, { op: 'trash', id, size });
};
