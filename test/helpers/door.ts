import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** A client's key pair. */
export interface ClientKey {
  /** The private key's file. */
  readonly file: string;
  /** The public key's line. */
  readonly line: string;
}

/** What a client saw of one ssh command. */
export interface SshResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

interface DoorPlace {
  /** A test's own folder, for its keys and what it knows of the host. */
  readonly directory: string;
  readonly port: number;
  /** The server's folder of host keys, whose public halves pin it. */
  readonly hostKeys: string;
}

/** Where clients knock at a receiver, be it a process of this machine or a container: a port of the loopback. */
export class Door {
  readonly directory: string;
  readonly port: number;
  readonly hostKeys: string;
  #keys = 0;

  constructor({ directory, port, hostKeys }: DoorPlace) {
    this.directory = directory;
    this.port = port;
    this.hostKeys = hostKeys;
  }

  /** The account an agent logs in as to be `source`. */
  login(source: string): string {
    return source;
  }

  /** Makes a key pair of the kind `ssh-keygen -t` names. */
  async makeKey(type = 'ed25519', ...options: readonly string[]): Promise<ClientKey> {
    this.#keys += 1;
    const folder = join(this.directory, 'keys');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, `key-${this.#keys}`);
    await execa('ssh-keygen', ['-q', '-t', type, ...options, '-N', '', '-C', `key-${this.#keys}`, '-f', file]);
    return { file, line: (await readFile(`${file}.pub`, 'utf8')).trim() };
  }

  /** The options every ssh command to this receiver needs: its key, its pinned host key, nothing of the person's. */
  async sshOptions(key: ClientKey): Promise<readonly string[]> {
    const knownHosts = join(this.directory, 'known_hosts');
    const hostKey = await readFile(join(this.hostKeys, 'ssh_host_ed25519_key.pub'), 'utf8');
    await writeFile(knownHosts, `[127.0.0.1]:${this.port} ${hostKey}`);
    const settings = ['IdentitiesOnly=yes', 'IdentityAgent=none', 'BatchMode=yes', 'StrictHostKeyChecking=yes'];
    const options = [...settings, `UserKnownHostsFile=${knownHosts}`].flatMap((setting) => ['-o', setting]);
    return ['-F', 'none', '-i', key.file, ...options];
  }

  /** Runs one ssh command as `source`; `more` are further options of ssh. Ends after 15 s. */
  async ssh(source: string, key: ClientKey, command: string | null, ...more: readonly string[]): Promise<SshResult> {
    const options = [...(await this.sshOptions(key)), '-p', String(this.port), ...more];
    const target = [`${this.login(source)}@127.0.0.1`, ...(command === null ? [] : [command])];
    const { exitCode, stdout, stderr } = await execa('ssh', [...options, ...target], {
      reject: false,
      stdin: 'ignore',
      timeout: 15_000,
    });
    return { exitCode, stdout, stderr };
  }

  /** Whether this key gets in as this source now. */
  async letsIn(source: string, key: ClientKey): Promise<boolean> {
    const { exitCode } = await this.ssh(source, key, 'control');
    return exitCode !== 255;
  }
}
