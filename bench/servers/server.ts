import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

/** A server under measurement. */
export interface Server {
  /** The process whose tree does the work. */
  readonly pid: number;
  readonly port: number;
  /** Where repositories can be seen on disk, to be removed between rounds. */
  readonly dataDir: string;
}

/** A source of an SSH server: what its clients need besides. */
export interface SshServer extends Server {
  readonly user: string;
  /** The files of an agent's home that a connection needs. */
  readonly home: { readonly key: string; readonly knownHosts: string };
}

/** Starts a server that goes with the benchmark, and waits for `isReady`. What it says is shown only when it fails. */
export const startServer = async (
  argv: readonly string[],
  isReady: { readonly port: number } | 'first line',
): Promise<{ readonly pid: number } & AsyncDisposable> => {
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', ...argv], { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    // A server's log of a long run is not kept.
    said = (said + text).slice(-4000);
  });
  const ended = once(child, 'close').then(() => Promise.reject(new Error(`${argv[0]} ended:\n${said}`)));
  const ready = isReady === 'first line' ? once(createInterface(child.stdout), 'line') : listens(isReady.port);
  await Promise.race([ready, ended]);
  ended.catch(() => undefined);
  child.stdout.resume();
  if (child.pid === undefined) throw new Error(`${argv[0]} did not start`);
  return {
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      const exit = once(child, 'exit');
      if (child.exitCode !== null || child.signalCode !== null || !child.kill('SIGTERM')) return;
      const isGone = await Promise.race([exit.then(() => true), sleep(20_000, false, { ref: false })]);
      if (!isGone) child.kill('SIGKILL');
    },
  };
};

/** Resolves once something listens on this port of the loopback; rejects after 10 s. */
const listens = async (port: number): Promise<void> => {
  for (const until = performance.now() + 10_000; performance.now() < until; await sleep(50)) {
    const socket = connect({ host: '127.0.0.1', port });
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
  }
  throw new Error(`nothing listens on port ${port}`);
};

/** Makes a key pair and answers with its private file; the public one is beside it. */
export const makeKey = async (file: string): Promise<string> => {
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'bench', '-f', file]);
  return file;
};

/** Writes the pin of a host key, as an agent's home has it. */
export const pinHostKey = async (directory: string, publicKeyFile: string, port: number): Promise<string> => {
  const file = join(directory, 'known_hosts');
  await writeFile(file, `[127.0.0.1]:${port} ${await readFile(publicKeyFile, 'utf8')}`);
  return file;
};
