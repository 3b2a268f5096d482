import { join } from 'node:path';
import { ask } from '../../programs.ts';
import { quote, say, typed } from '../../screen.ts';
import { expect } from '../../story.ts';
import type { Agent } from '../enrol.ts';
import type { Receiver } from '../receiver/receiver.ts';
import { type Attacker, judge } from './attacker.ts';

/**
 * Worse than any login: code that runs on the server with the attacker's UID, where the receiver's processes are. The kernel still keeps
 * it from the neighbour's files.
 */
export const readOthersDisk = async (attacker: Attacker): Promise<string> => {
  const { receiver, self, victim } = attacker;
  const where = receiver.mode === 'container' ? 'in the container' : "in the receiver's own mount namespace";
  say(`  As UID ${self.uid}, ${where}, first at its own files to see that looking works:`);
  const look = asSource(attacker, ['ls', '-m', repositoryOf(receiver, self)]);
  const own = await ask(attacker.stage, look);
  typed(look);
  quote(own.stdout);
  expect(own.exitCode === 0, `its own files are closed to it: ${own.stderr}`);
  const theirs = repositoryOf(receiver, victim);
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
export const repositoryOf = ({ dataInside }: Receiver, { name }: Agent): string =>
  join(dataInside, 'sources', name, 'repo');

/** The words that run a command where the receiver's processes are, with the attacker's UID there. */
export const asSource = ({ receiver, self }: Attacker, command: readonly string[]): readonly string[] => {
  const account = [`--reuid=${self.uid}`, `--regid=${self.uid}`, '--clear-groups'];
  return receiver.inside(receiver.mode === 'rootless' ? command : ['setpriv', ...account, ...command]);
};
