import { ask } from '../../programs.ts';
import { quote, say, typed } from '../../screen.ts';
import { expect } from '../../story.ts';
import type { Agent } from '../enrol.ts';
import { inside } from '../receiver.ts';
import { type Attacker, judge } from './attacker.ts';

/**
 * Worse than any login: code that runs on the server with the attacker's UID, in the receiver's own mount namespace. The kernel still
 * keeps it from the neighbour's files.
 */
export const readOthersDisk = async (attacker: Attacker): Promise<string> => {
  const { self, victim } = attacker;
  say(`  As UID ${self.uid}, in the receiver's own mount namespace, first at its own files to see that looking works:`);
  const look = ['ls', '-m', repositoryOf(self)];
  const own = await ask(attacker.stage, asSource(attacker, look));
  typed(look);
  quote(own.stdout);
  expect(own.exitCode === 0, `its own files are closed to it: ${own.stderr}`);
  const theirs = repositoryOf(victim);
  for (const command of [
    ['ls', theirs],
    ['cat', `${theirs}/config`],
    ['touch', `${theirs}/config`],
  ]) {
    judge(command, await ask(attacker.stage, asSource(attacker, command)), /Permission denied/);
  }
  return `"Permission denied" to UID ${self.uid}, by the kernel`;
};

/** Where the receiver's processes see a repository. */
const repositoryOf = ({ name }: Agent): string => `/run/berth/data/sources/${name}/repo`;

const asSource = ({ receiver, self }: Attacker, command: readonly string[]): readonly string[] => {
  const account = [`--reuid=${self.uid}`, `--regid=${self.uid}`, '--clear-groups'];
  return inside(receiver, ['setpriv', ...account, ...command]);
};
