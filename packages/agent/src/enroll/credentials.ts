import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';
import { execa } from 'execa';
import ssh2 from 'ssh2';
import { makePrivateDirectory, writeNew } from './write-new.ts';

/** What the machine proves itself with, and whether this call made it. */
export interface AgentKey {
  readonly privateKey: string;
  /** As the `.pub` file has it: `ssh-ed25519 AAAA… comment`. */
  readonly publicKey: string;
  readonly made: boolean;
}

/**
 * The agent's key at `path`, made if there is none: ed25519 by `ssh-keygen`, which every machine with `ssh` has and which writes the
 * format ssh reads. Never overwrites. Throws a `Problem` 'key-unusable' for a file that is no key or needs a passphrase, because
 * a backup at night has nobody to type one.
 */
export const ensureKey = async (path: string, comment: string): Promise<AgentKey> => {
  const existing = await readIfThere(path);
  if (existing !== null) return { ...readKey(existing, path, comment), made: false };
  const made = await generate(dirname(path), comment);
  if (!(await writeNew(path, made, 0o600))) return ensureKey(path, comment);
  const key = readKey(made, path, comment);
  // Beside the key for the person; the agent derives it from the private key.
  await writeNew(`${path}.pub`, `${key.publicKey}\n`, 0o644);
  return { ...key, made: true };
};

/**
 * The repository's password at `path`, made if there is none: 256 random bits as 43 characters of base64url, so nothing in it needs
 * quoting. True when made now. Never overwrites; an empty file is a `Problem`.
 */
export const ensurePassword = async (path: string): Promise<boolean> => {
  const existing = await readIfThere(path);
  if (existing === null) return writeNew(path, `${randomBytes(32).toString('base64url')}\n`, 0o600);
  if (existing.trim() !== '') return false;
  throw new Problem(
    'password-empty',
    `${path} is empty.`,
    'Put the repository password back, or remove the file if there is no repository yet.',
  );
};

const generate = async (directory: string, comment: string): Promise<string> => {
  await makePrivateDirectory(directory);
  const workshop = await mkdtemp(join(directory, '.key-'));
  try {
    const file = join(workshop, 'key');
    const made = await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file], {
      reject: false,
      timeout: 30_000,
    });
    if (made.failed) {
      throw new Problem(
        'ssh-missing',
        'ssh-keygen could not make a key.',
        'Install OpenSSH\'s client: "apt install openssh-client".',
        { cause: made.shortMessage },
      );
    }
    return await readFile(file, 'utf8');
  } finally {
    await rm(workshop, { recursive: true });
  }
};

const readKey = (
  privateKey: string,
  path: string,
  comment: string,
): { readonly privateKey: string; readonly publicKey: string } => {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error) {
    throw new Problem(
      'key-unusable',
      `${path} cannot be used as a key: ${key.message}.`,
      'Move it away and run "berth enroll" again; it makes a new one without a passphrase.',
      { cause: key },
    );
  }
  return { privateKey, publicKey: `${key.type} ${key.getPublicSSH().toString('base64')} ${key.comment || comment}` };
};

const readIfThere = async (path: string): Promise<string | null> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw new Problem('home-unreadable', `${path} cannot be read.`, 'Run berth as the user who owns it.', {
      cause: error,
    });
  }
};
