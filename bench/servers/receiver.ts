import { cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { freePort } from '../../scripts/free-port.ts';
import { pinHostKey, type SshServer, startServer } from './server.ts';
import { makeMoorings, sftpName } from './sources.ts';

const project = dirname(dirname(import.meta.dirname));

/** A receiver under measurement, and how each of its sources reaches it. */
export interface Receiver extends AsyncDisposable {
  readonly pid: number;
  readonly sources: readonly SshServer[];
  /** An `access: sftp` source: SFTP by the same sshd. */
  readonly sftp: SshServer;
}

/** The real receiver as it is released, from the bundles of `npm run build`, with `count` sources beside the SFTP one. */
export const startReceiver = async (directory: string, count = 1): Promise<Receiver> => {
  await execa(process.execPath, [join(project, 'scripts/build.ts')], { cwd: project });
  // A copy: a build by somebody else during the run must not change what is measured.
  const program = join(directory, 'program');
  await cp(join(project, 'dist'), program, { recursive: true });
  const data = join(directory, 'data');
  await mkdir(data);
  const { config, hostKeys, names } = await makeMoorings(directory, join(directory, 'etc'), count);
  const port = await freePort();
  const places = ['--config', config, '--data', data, '--host-keys', hostKeys];
  const argv = [process.execPath, join(program, 'berth-server.mjs'), 'run', '--json', ...places];
  const server = await startServer([...argv, '--port', String(port), '--listen', '127.0.0.1'], 'first line');
  const knownHosts = await pinHostKey(directory, join(hostKeys, 'ssh_host_ed25519_key.pub'), port);
  const source = (user: string, ...below: readonly string[]): SshServer => ({
    pid: server.pid,
    port,
    dataDir: join(data, 'sources', user, ...below),
    user,
    home: { key: join(directory, user), knownHosts },
  });
  return {
    pid: server.pid,
    sources: names.map((name) => source(name)),
    sftp: source(sftpName, 'sftp', 'files'),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};
