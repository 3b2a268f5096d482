import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { withEngine } from '../../scripts/docker/engine.ts';
import { buildImage } from '../../scripts/docker/image.ts';
import { freePort } from '../../scripts/free-port.ts';
import type { Receiver } from './receiver.ts';
import { pinHostKey, type SshServer } from './server.ts';
import { makeMoorings } from './sources.ts';

const project = dirname(dirname(import.meta.dirname));
/** A name of its own, so that a `berth` image of this machine stays what it is. */
const image = 'berth:bench';

/**
 * The receiver in the container that `berth-server up` makes, from docker/Dockerfile as it is, with `count` sources. Starts an engine where
 * there is none, and stops that one again. `pid` is the container's first process, below which is all that the receiver
 * runs; the engine, its port proxy and its health checks are not.
 */
export const startContainer = async (directory: string, count: number): Promise<Omit<Receiver, 'sftp'>> => {
  const ending = new AsyncDisposableStack();
  try {
    ending.use(await withEngine());
    await buildImage(image);
    const data = join(directory, 'data');
    await mkdir(data);
    const { config, hostKeys, names } = await makeMoorings(directory, join(directory, 'config'), count);
    const name = `berth-bench-${randomBytes(4).toString('hex')}`;
    const port = await freePort();
    const program = join(project, 'packages/server/bin/berth-server');
    ending.defer(async () => void (await execa(program, ['down', '--name', name])));
    const network = ['--listen', '127.0.0.1', '--port', String(port)];
    const container = ['--image', image, '--name', name, '--restart', 'no'];
    await execa(program, ['up', '--config', config, '--data', data, ...network, ...container]);
    const pid = Number((await execa('docker', ['inspect', '--format', '{{.State.Pid}}', name])).stdout);
    const knownHosts = await pinHostKey(directory, join(hostKeys, 'ssh_host_ed25519_key.pub'), port);
    const source = (user: string): SshServer => ({
      pid,
      port,
      dataDir: join(data, 'sources', user),
      user,
      home: { key: join(directory, user), knownHosts },
    });
    return { pid, sources: names.map(source), [Symbol.asyncDispose]: () => ending.disposeAsync() };
  } catch (error) {
    await ending.disposeAsync();
    throw error;
  }
};
