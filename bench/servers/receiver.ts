import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { freePort } from '../../test/helpers/receiver.ts';
import { makeKey, pinHostKey, type SshServer, startServer } from './server.ts';

const project = dirname(dirname(import.meta.dirname));

const firstUid = 28_100;
/** The source that stores by SFTP; the others run restic. */
const sftpName = 'bench-sftp';
const resticName = (index: number): string => `bench-${index}`;

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
  const [etc, data, hostKeys] = [join(directory, 'etc'), join(directory, 'data'), join(directory, 'etc/host-keys')];
  for (const folder of [etc, data]) await mkdir(folder);
  const names = [sftpName, ...Array.from({ length: count }, (_, index) => resticName(index))];
  const entries: string[] = [];
  for (const [index, name] of names.entries()) {
    const key = (await readFile(`${await makeKey(join(directory, name))}.pub`, 'utf8')).trim();
    const access = name === sftpName ? ', access: sftp' : '';
    entries.push(`  ${name}: { uid: ${firstUid + index}, key: '${key}'${access} }\n`);
  }
  const config = join(etc, 'sources.yaml');
  await writeFile(config, `sources:\n${entries.join('')}`);
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
    sources: names.slice(1).map((name) => source(name)),
    sftp: source(sftpName, 'sftp', 'files'),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};
