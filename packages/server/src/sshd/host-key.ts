import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';
import { execa } from 'execa';

export interface HostKey {
  /** The private key's file. */
  readonly path: string;
  /** As a known_hosts line wants it after the host: type and base64. */
  readonly publicKey: string;
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
}

/**
 * The server's ed25519 key, made when there is none. It is who this server is: agents pin it, so it is never
 * replaced.
 */
export const ensureHostKey = async (directory: string): Promise<HostKey> => {
  const path = join(directory, 'ssh_host_ed25519_key');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const stat = await lstat(path).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  });
  if (stat === null) await makeKey(path);
  else if (stat.uid !== process.getuid?.() || (stat.mode & 0o077) !== 0) {
    throw new Problem(
      'host-key-open',
      `Others than the server could read the host key ${path}, or it is not the server's own.`,
      `If nobody has read it: chown ${process.getuid?.()} ${path} && chmod 600 ${path}. Otherwise delete it, and have every agent confirm the new one.`,
    );
  }
  return { path, ...(await readPublicKey(path)) };
};

/** The public half of the key at `path`, read from the private file so that a stale `.pub` can not mislead anyone. */
export const readPublicKey = async (path: string): Promise<Pick<HostKey, 'publicKey' | 'fingerprint'>> => {
  const { stdout, failed, stderr } = await execa('ssh-keygen', ['-y', '-P', '', '-f', path], {
    reject: false,
    timeout: 10_000,
    stdin: 'ignore',
  });
  const [type = '', blob = ''] = stdout.split(' ');
  if (failed || blob === '') {
    const reason = stderr.trim().split('\n').at(-1);
    throw new Problem(
      'host-key-broken',
      `The host key ${path} can not be read: ${reason}.`,
      'Restore it from a backup, or delete it and have every agent confirm the new one.',
    );
  }
  const digest = createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=+$/, '');
  return { publicKey: `${type} ${blob}`, fingerprint: `SHA256:${digest}` };
};

const makeKey = async (path: string): Promise<void> => {
  const result = await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'berth', '-f', path], {
    reject: false,
    timeout: 30_000,
    stdin: 'ignore',
  });
  if (result.failed) {
    throw new Problem(
      'host-key-not-made',
      `ssh-keygen could not make ${path}.`,
      'Install openssh-client and check the folder.',
      {
        cause: result.cause,
      },
    );
  }
  await chmod(path, 0o600);
};
