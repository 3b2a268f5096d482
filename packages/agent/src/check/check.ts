import type { Home } from '../config/home.ts';
import type { Destination } from '../transport/destination.ts';
import { answerOf, openRepository } from '../transport/repository.ts';

/**
 * Checks the repository's structure and reads `share` of its data (`5%`, `1/20`, `100%`), drawn at random; null reads none. Returns when
 * everything is sound; damage is a `Problem` 'damaged' in restic's words.
 */
export const checkRepository = async (args: {
  readonly destination: Destination;
  readonly home: Home;
  readonly share: string | null;
  readonly signal: AbortSignal;
}): Promise<void> => {
  await using repository = await openRepository(args);
  const result = await repository.restic.check({ readDataSubset: args.share }, { signal: args.signal });
  answerOf(result, 'The check', args.destination, args.home);
};
