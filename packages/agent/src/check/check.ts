import type { Home } from '../config/home.ts';
import type { AsOf } from '../past/as-of.ts';
import { remarksOf } from '../past/remarks.ts';
import type { Destination } from '../transport/destination.ts';
import { answerOf, openRepository } from '../transport/repository.ts';

/**
 * Checks the repository's structure and reads `share` of its data (`5%`, `1/20`, `100%`), drawn at random; null reads none. Returns when
 * everything is sound; damage is a `Problem` 'damaged' in restic's words. With `asOf` it proves that the past is whole: `onRemark` hears
 * what the server says of that moment.
 */
export const checkRepository = async (args: {
  readonly destination: Destination;
  readonly home: Home;
  readonly share: string | null;
  readonly asOf: AsOf | null;
  readonly onRemark: (remark: string) => void;
  readonly signal: AbortSignal;
}): Promise<void> => {
  await using repository = await openRepository(args);
  const result = await repository.restic.check({ readDataSubset: args.share }, { signal: args.signal });
  answerOf(result, 'The check', args.destination, args.home, args.asOf);
  for (const remark of remarksOf(result)) args.onRemark(remark);
};
