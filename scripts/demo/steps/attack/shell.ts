import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '../../story.ts';
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

/**
 * Files by sftp and scp, by both of scp's protocols. Where sshd knows the subsystem, for sources of `access: sftp`, this key still gets its
 * own command, which says no; but sshd drops what a subsystem says on standard error.
 */
export const copyFiles = async (attacker: Attacker): Promise<string> => {
  const noSftp = attacker.receiver.mode === 'rootless' ? /subsystem request failed/ : /Connection closed/;
  const target = join(attacker.stage.temporary, 'stolen');
  const words = await refused(attacker, ['sftp', '-b', '/dev/null', 'nas'], noSftp);
  await refused(attacker, ['scp', 'nas:/etc/passwd', target], noSftp);
  await refused(attacker, ['scp', '-O', 'nas:/etc/passwd', target], ownWords);
  expect(!existsSync(target), 'a file was copied');
  return `"${words}" by sftp and by scp; nothing was copied`;
};
