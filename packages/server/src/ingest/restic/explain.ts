import { Problem } from '@berth/common/problem.ts';
import type { Failed } from '@berth/common/restic/result.ts';

/** What a failed restic command on a phone's repository means for the admin. The code is the failure's kind. */
export const explainPhone = (result: Failed, doing: string, name: string): Problem => {
  const words = result.words.slice(-3).join(' ').replace(/\.$/, '');
  const problem = (happened: string, remedy: string): Problem =>
    new Problem(result.kind, happened, remedy, { cause: result.words.join('\n') });
  switch (result.kind) {
    case 'no-repository':
      return problem(
        `There is no repository of ${name}.`,
        `Its first backup makes it: berth-server phone backup ${name}`,
      );
    case 'wrong-password':
      return problem(
        `What is in password_file of ${name} does not open its repository.`,
        'Put back into that file the password with which the repository was made.',
      );
    case 'locked':
      return problem(`The repository of ${name} is locked: ${words}.`, 'Wait until the other run has ended.');
    case 'no-snapshot':
      return problem('There is no such snapshot.', `See those there are: berth-server phone snapshots ${name}`);
    case 'connection-cut':
      return problem(`The store of ${name} hung up: ${words}.`, "Look at the server's log, and try again.");
    case 'damaged':
      return problem(
        `The repository of ${name} is damaged: ${words}.`,
        `Remove nothing. See what is known of it: berth-server status ${name}`,
      );
    case 'out-of-space':
      return problem(`There is no room for ${name}: ${words}.`, "Raise this source's quota, or add a disk.");
    case 'cancelled':
      return problem('Stopped.', 'Run the same command to go on.');
    default:
      return problem(
        `${doing} failed: ${words || `restic ended with code ${result.exitCode}`}.`,
        `Look at the last run: berth-server status ${name}`,
      );
  }
};
