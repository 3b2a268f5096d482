import { join } from 'node:path';
import { type Attacker, refused } from './attacker.ts';

const ownWords = /can back up and restore here and nothing else/;

/** A terminal is refused by sshd; a shell, a command and one word more than an agent says all get the same line. */
export const openShell = async (attacker: Attacker): Promise<string> => {
  await refused(attacker, ['ssh', '-tt', 'nas'], /PTY allocation request failed/);
  const words = await refused(attacker, ['ssh', '-T', 'nas'], ownWords);
  for (const command of ['id', `receive --source ${attacker.victim.name}`]) {
    await refused(attacker, ['ssh', 'nas', command], ownWords);
  }
  return `"${words}"`;
};

/** Files by sftp and scp, by both of scp's protocols. */
export const copyFiles = async (attacker: Attacker): Promise<string> => {
  const noSubsystem = /subsystem request failed/;
  const target = join(attacker.stage.temporary, 'stolen');
  const words = await refused(attacker, ['sftp', '-b', '/dev/null', 'nas'], noSubsystem);
  await refused(attacker, ['scp', 'nas:/etc/passwd', target], noSubsystem);
  await refused(attacker, ['scp', '-O', 'nas:/etc/passwd', target], ownWords);
  return `"${words}" by sftp and by scp`;
};
