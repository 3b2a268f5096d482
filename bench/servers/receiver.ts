import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { freePort } from '../../test/helpers/receiver.ts';
import { makeKey, pinHostKey, type SshServer, startServer } from './server.ts';

const project = dirname(dirname(import.meta.dirname));

/** The sources of a receiver under measurement, all behind one key: it is the receiver that is measured, not the file. */
const firstUid = 28_100;
export const sourceName = (index: number): string => `bench-${index}`;

/**
 * The real receiver as it is released, from the bundles of `npm run build`, with `sources` sources that this machine's
 * own key opens.
 */
export const startReceiver = async (directory: string, sources = 1): Promise<SshServer> => {
  await execa(process.execPath, [join(project, 'scripts/build.ts')], { cwd: project });
  // A copy: a build by somebody else during the run must not change what is measured.
  const program = join(directory, 'program');
  await cp(join(project, 'dist'), program, { recursive: true });
  const [etc, dataDir, hostKeys] = [join(directory, 'etc'), join(directory, 'data'), join(directory, 'etc/host-keys')];
  for (const folder of [etc, dataDir]) await mkdir(folder);
  const port = await freePort();
  const keys = await Promise.all(
    Array.from({ length: sources }, (_, index) => makeKey(join(directory, `id_${index}`))),
  );
  const entries = await Promise.all(
    keys.map(async (key, index) => {
      const line = (await readFile(`${key}.pub`, 'utf8')).trim();
      return `  ${sourceName(index)}: { uid: ${firstUid + index}, key: '${line}' }\n`;
    }),
  );
  const config = join(etc, 'sources.yaml');
  await writeFile(config, `sources:\n${entries.join('')}`);
  const places = ['--config', config, '--data', dataDir, '--host-keys', hostKeys];
  const argv = [process.execPath, join(program, 'berth-server.mjs'), 'run', '--json', ...places];
  const server = await startServer([...argv, '--port', String(port), '--listen', '127.0.0.1'], 'first line');
  const knownHosts = await pinHostKey(directory, join(hostKeys, 'ssh_host_ed25519_key.pub'), port);
  return {
    pid: server.pid,
    port,
    dataDir: join(dataDir, 'sources', sourceName(0)),
    user: sourceName(0),
    home: { key: join(directory, 'id_0'), knownHosts },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};
