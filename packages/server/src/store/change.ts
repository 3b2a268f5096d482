import type { Context } from './context.ts';
import { perform } from './moves.ts';
import type { Change } from './record.ts';
import type { Seq } from './seq.ts';

/**
 * Records a change durably, then moves the file it is about, and answers with the record's place. The move itself is
 * durable once `context.folders.settle` has resolved; until then the record stands for it.
 */
export const change = async (context: Context, what: Change): Promise<Seq> => {
  const seq = await context.record(what);
  await perform(context, seq, what);
  return seq;
};
