import { afterAll, beforeAll, describe } from 'vitest';
import { innerPort } from '../../packages/server/src/container/settings.ts';
import { type Besieged, isolationMatrix } from '../helpers/isolation-matrix.ts';
import { sourcesText } from '../helpers/sources-text.ts';
import { withContainer } from './container.ts';
import { prepareDocker, prepareWithinMs } from './images.ts';

let engine: AsyncDisposable;
beforeAll(async () => {
  engine = await prepareDocker();
}, prepareWithinMs);
afterAll(() => engine[Symbol.asyncDispose]());

/** test/isolation.test.ts tries the same on a receiver without a container. */
describe('with alpha’s key, on a container', () => isolationMatrix(receiverInContainer));

const receiverInContainer = async (): Promise<Besieged> => {
  const container = await withContainer({ start: false });
  return {
    door: container.door,
    dataDir: container.dataDir,
    configDir: container.configDir,
    inside: {
      ...{ dataDir: '/data', configDir: '/config', hostKeys: '/config/host-keys', port: innerPort },
      phoneFolder: (name, which) => `/phones/${name}/${which}`,
    },
    start: async (sources) => {
      await container.writeConfig(sourcesText(sources));
      const { exitCode, stderr } = await container.up();
      if (exitCode !== 0) throw new Error(stderr);
    },
    asUser: (uid, command) => container.exec(command, `${uid}:${uid}`),
    [Symbol.asyncDispose]: () => container[Symbol.asyncDispose](),
  };
};
