import { z } from 'zod';
import type { Freeze } from '../store/purge/brake.ts';
import type { Spot } from '../store/purge/window.ts';
import { amount } from './amount.ts';

const instant = z.iso.datetime();
/** A record's place, as `rewind --to` takes it, and when it was written. */
const spot = z.object({ seq: z.int().nonnegative(), at: instant });

/** Why nothing of a source's trash is purged: it removed more within a day than its `brake` allows. */
export const freezeSchema = z.object({
  /** What it removed too much of. */
  what: z.enum(['snapshots', 'bytes']),
  /** How much of that, of what there was: more than the brake, at most 1. */
  share: z.number().min(0).max(1),
  /** What it removed from `from` to `to`, locks left out; `snapshots` are among the objects. */
  removed: amount.extend({ snapshots: z.int().nonnegative() }),
  /** When the brake was pulled, an instant of UTC. */
  since: instant,
  /** The first of these removals. As a moment of the past, its place means: just before. */
  from: spot,
  /** The last of them so far. */
  to: spot,
});
/** As it crosses a process boundary. */
export type FreezeAnswer = z.infer<typeof freezeSchema>;

/** The brake's answer with instants of UTC for its times. */
export const freezeAnswer = (freeze: Freeze): FreezeAnswer =>
  freezeSchema.parse({
    ...freeze,
    since: instantOf(freeze.since),
    from: spotAnswer(freeze.from),
    to: spotAnswer(freeze.to),
  });

/** UTC milliseconds as an instant. */
export const instantOf = (at: number): string => new Date(at).toISOString();

const spotAnswer = ({ seq, at }: Spot) => ({ seq, at: instantOf(at) });
