import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { commentedExample } from '../sources/example.ts';
import { ensureHostKey, type HostKey } from '../sshd/host-key.ts';

/** What `init` found or made. */
export interface Initialised {
  readonly configFile: string;
  /** False when there was a sources.yaml already; it is never touched. */
  readonly configWritten: boolean;
  readonly hostKey: HostKey;
}

/** Makes a server's folder: a commented sources.yaml that lets nobody in yet, and the host key. Safe to repeat. */
export const init = async (directory: string, hostKeys: string): Promise<Initialised> => {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const configFile = join(directory, 'sources.yaml');
  const configWritten = await writeFile(configFile, commentedExample, { flag: 'wx', mode: 0o644 }).then(
    () => true,
    (error: unknown) => {
      if (isErrno(error, 'EEXIST')) return false;
      throw error;
    },
  );
  return { configFile, configWritten, hostKey: await ensureHostKey(hostKeys) };
};
