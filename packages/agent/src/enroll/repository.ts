import { Problem } from '@berth/common/problem.ts';
import { isDone } from '@berth/common/restic/result.ts';
import type { Home } from '../config/home.ts';
import { type Destination, formatDestination } from '../transport/destination.ts';
import { explainRestic, openRepository } from '../transport/repository.ts';

/**
 * Makes the source's repository, or finds that it is there and our password opens it. An existing repository is never touched: where the
 * password does not open it, that is a `Problem` that says where the right one belongs.
 */
export const initialiseRepository = async (args: {
  readonly destination: Destination;
  readonly home: Home;
  readonly signal: AbortSignal;
  /** True when the password is of this enrolment, so that a repository which is there cannot be ours. */
  readonly passwordMade: boolean;
}): Promise<'created' | 'existing'> => {
  const { destination, home, signal } = args;
  await using repository = await openRepository(args);
  const { restic } = repository;
  const config = await restic.config({ signal });
  if (isDone(config)) return 'existing';
  if (config.kind === 'wrong-password') throw otherPassword(destination, home, args.passwordMade);
  if (config.kind !== 'no-repository') throw explainRestic(config, 'Opening the repository', destination, home);
  const made = await restic.init({ signal });
  if (isDone(made)) return 'created';
  throw explainRestic(made, 'Making the repository', destination, home);
};

const otherPassword = (destination: Destination, home: Home, made: boolean): Problem =>
  new Problem(
    'wrong-password',
    `${formatDestination(destination)} has a repository of this source already, and ` +
      `${made ? 'the password made just now' : `the password in ${home.password}`} does not open it. Nothing was changed.`,
    `Put the repository's password into ${home.password} and run the same command again. If it is lost, choose another --name: the old past cannot be read by anyone.`,
  );
