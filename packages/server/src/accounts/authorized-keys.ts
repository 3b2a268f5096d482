import type { PublicKey } from '@berth/common/ssh-key.ts';

/**
 * One line of an authorized_keys file: everything off (`restrict`), one command whatever the client asks for.
 * The comment of the key is left out: it is text from outside, and nothing reads it.
 */
export const authorizedKeysLine = (command: readonly string[], key: PublicKey): string =>
  `restrict,command="${command.map(shellQuoted).join(' ').replaceAll('"', '\\"')}" ${key.type} ${key.blob}\n`;

/**
 * sshd hands the command to the account's shell, so every argument is quoted for sh unless it is plainly harmless.
 */
const shellQuoted = (argument: string): string => {
  if (/[\n\r\0]/.test(argument)) throw new Error(`An argument of a forced command holds a line break: ${argument}`);
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
};
