import { afterAll, beforeAll, describe } from 'vitest';
import { innerPort } from '../../packages/server/src/container/settings.ts';
import { type SftpReceiver, sftpSource } from '../helpers/sftp-source.ts';
import { sourcesText } from '../helpers/sources-text.ts';
import { withContainer } from './container.ts';
import { prepareDocker, prepareWithinMs } from './images.ts';

let engine: AsyncDisposable;
beforeAll(async () => {
  engine = await prepareDocker();
}, prepareWithinMs);
afterAll(() => engine[Symbol.asyncDispose]());

const receiverInContainer = async (): Promise<SftpReceiver> => {
  const container = await withContainer({ start: false });
  return {
    door: container.door,
    dataDir: container.dataDir,
    innerPort,
    start: async (sources) => {
      await container.writeConfig(sourcesText(sources));
      const { exitCode, stderr } = await container.up();
      if (exitCode !== 0) throw new Error(stderr);
    },
    change: (sources) => container.writeConfig(sourcesText(sources)),
    run: async (command) => (await container.exec(command)).stdout,
    status: async (...source) => (await container.exec(['berth-server', 'status', ...source])).stdout,
    [Symbol.asyncDispose]: () => container[Symbol.asyncDispose](),
  };
};

/** What test/sftp.test.ts shows of a receiver without a container: here with its five capabilities and its own root. */
describe('an SFTP source of the container', () => sftpSource(receiverInContainer));
