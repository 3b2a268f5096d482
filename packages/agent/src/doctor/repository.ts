import { Problem } from '@berth/common/problem.ts';
import { isDone } from '@berth/common/restic/result.ts';
import type { Home } from '../config/home.ts';
import type { Destination } from '../transport/destination.ts';
import { explainRestic, openRepository } from '../transport/repository.ts';
import { type Finding, failed, fine } from './finding.ts';

/** Does the way a backup takes work to its end: ssh, the session, restic, the password? */
export const checkRepository = async (destination: Destination, home: Home, signal: AbortSignal): Promise<Finding> => {
  try {
    await using repository = await openRepository({ destination, home, signal });
    const config = await repository.restic.config({ signal, deadlineMs: 120_000 });
    if (isDone(config)) return fine('repository', `${config.value.id.slice(0, 8)} opens with our password`);
    const problem = explainRestic(config, 'Opening the repository', destination, home);
    return failed('repository', problem.message, problem.remedy);
  } catch (error) {
    if (error instanceof Problem) return failed('repository', error.message, error.remedy);
    throw error;
  }
};
