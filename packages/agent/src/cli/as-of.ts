import { type AsOf, parseAsOf } from '../past/as-of.ts';
import type { Io } from './io.ts';
import { usageProblem } from './problems.ts';

/** For commander's `option`, on commands that can look at the past. */
export const asOfOption = [
  '--as-of <moment>',
  'as it was then: 2026-11-14 (the end of that day), "2026-11-14 09:30", 3d (three days ago)',
] as const;

/** The moment that `--as-of` names, or null without it. Says on standard error which one it takes. Throws a `Problem` 'usage'. */
export const asOfFrom = (text: string | undefined, io: Io, now: Date = new Date()): AsOf | null => {
  if (text === undefined) return null;
  const parsed = parseAsOf(text, now);
  if (!parsed.ok) throw usageProblem(`--as-of: ${parsed.message}.`, parsed.remedy);
  const asOf = parsed.value;
  io.stderr(`as of ${asOf.words}${asOf.isFuture ? ', which is yet to come: as it is now' : ''}\n`);
  return asOf;
};

/** Shows what the server says of the moment. */
export const showRemark =
  (io: Io): ((remark: string) => void) =>
  (remark) =>
    io.stderr(`berth: ${remark}\n`);
