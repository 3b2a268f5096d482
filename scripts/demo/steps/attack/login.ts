import { type Attacker, refused } from './attacker.ts';

/** The same key at the neighbour's account, at root's, and at the account sshd itself uses. */
export const logInAsOthers = async (attacker: Attacker): Promise<string> => {
  const denied = /Permission denied \(publickey\)/;
  const others = [attacker.victim.name, 'root', 'sshd'];
  for (const other of others) await refused(attacker, ['ssh', '-l', other, 'nas', 'receive'], denied);
  return `"Permission denied (publickey)" as ${others.join(', ')}`;
};
