import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ciphers } from './ciphers.ts';
import type { Destination } from './destination.ts';
import type { HostKey } from './known-hosts.ts';
import { alias, sshConfig } from './ssh-config.ts';

/** A private directory (0700) that holds what one run's ssh needs: its config, known_hosts, the way to the key, the socket. */
export interface Runtime extends AsyncDisposable {
  readonly directory: string;
  readonly configFile: string;
  readonly controlPath: string;
}

/** How long ssh waits for the TCP connect and for the server's first words. */
const connectTimeoutSeconds = 15;

/**
 * Makes the directory and fills it. Its path is short and plain, so that it fits a socket address and needs no quoting in ssh_config
 * nor in restic's option; the key is reached through a link in it, so that a home directory of any name works.
 */
export const createRuntime = async (args: {
  readonly destination: Destination;
  readonly keyFile: string;
  readonly pins: readonly HostKey[];
  readonly multiplexed: boolean;
}): Promise<Runtime> => {
  const directory = await mkdtemp(join(plainTmpdir(tmpdir()), 'berth-ssh-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    await chmod(directory, 0o700);
    const runtime = { directory, configFile: join(directory, 'config'), controlPath: join(directory, 'mux') };
    const knownHostsFile = join(directory, 'known_hosts');
    await writeFile(knownHostsFile, args.pins.map(({ type, blob }) => `${alias} ${type} ${blob}\n`).join(''));
    const config = sshConfig({
      destination: args.destination,
      pins: args.pins,
      ciphers: await ciphers(process.platform),
      identityFile: await linkKey(args.keyFile, directory),
      knownHostsFile: word(knownHostsFile),
      controlPath: args.multiplexed ? runtime.controlPath : null,
      connectTimeoutSeconds,
    });
    await writeFile(runtime.configFile, config, { mode: 0o600 });
    return { ...runtime, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
};

/**
 * A socket address holds 104 bytes (macOS; Linux 108), and while ssh binds it, its name is 17 longer; `/berth-ssh-XXXXXX/mux` takes 21.
 * Windows has no such socket and keeps its own directory.
 */
export const plainTmpdir = (temporary: string): string =>
  process.platform === 'win32' || (temporary.length <= 64 && /^[A-Za-z0-9_./+-]+$/.test(temporary))
    ? temporary
    : '/tmp';

/** A path as a word of ssh_config. Here our directory is plain, but on Windows paths have spaces, drive letters and backslashes. */
const word = (path: string): string =>
  process.platform === 'win32' ? `"${path.replaceAll('\\', '/').replaceAll('%', '%%')}"` : path;

const linkKey = async (keyFile: string, directory: string): Promise<string> => {
  if (process.platform === 'win32') return word(resolve(keyFile));
  const link = join(directory, 'key');
  await symlink(resolve(keyFile), link);
  return link;
};
