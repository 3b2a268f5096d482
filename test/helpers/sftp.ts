import { execa } from 'execa';
import type { ClientKey, Door, SshResult } from './door.ts';

/**
 * Runs OpenSSH's sftp with these commands, one a line; it stops at the first that fails unless that one starts with
 * `-`.
 */
export const sftp = async (
  receiver: Door,
  source: string,
  key: ClientKey,
  ...commands: readonly string[]
): Promise<SshResult> => {
  const options = [...(await receiver.sshOptions(key)), '-P', String(receiver.port), '-b', '-'];
  const { exitCode, stdout, stderr } = await execa('sftp', [...options, `${source}@127.0.0.1`], {
    reject: false,
    input: `${commands.join('\n')}\n`,
    timeout: 30_000,
  });
  return { exitCode, stdout, stderr };
};
