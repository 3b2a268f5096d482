import { chmod } from 'node:fs/promises';
import { dirname } from 'node:path';
import { execa } from 'execa';
import { describe } from 'vitest';
import { type Besieged, isolationMatrix } from './helpers/isolation-matrix.ts';
import { isRoot, withReceiver } from './helpers/receiver.ts';

/** test/docker/matrix.test.ts tries the same on a container. */
describe.runIf(isRoot)('with alpha’s key (needs root)', () => isolationMatrix(plainReceiver));

const plainReceiver = async (): Promise<Besieged> => {
  const receiver = await withReceiver({ start: false });
  // So that it is not this folder that keeps a UID out.
  await chmod(receiver.directory, 0o755);
  return {
    door: receiver,
    dataDir: receiver.dataDir,
    configDir: dirname(receiver.configFile),
    inside: {
      ...{ dataDir: receiver.dataDir, configDir: dirname(receiver.configFile), hostKeys: receiver.hostKeys },
      port: receiver.port,
      phoneFolder: (_name, _which, folder) => folder,
    },
    start: async (sources) => {
      await receiver.writeSources(sources);
      await receiver.start();
    },
    asUser: async (uid, command) => {
      const inside = ['--mount', '--target', String(receiver.pid), '--wd=/', 'setpriv'];
      const become = ['--reuid', String(uid), '--regid', String(uid), '--clear-groups'];
      const { exitCode, stdout, stderr } = await execa('nsenter', [...inside, ...become, ...command], {
        reject: false,
      });
      return { exitCode, stdout, stderr };
    },
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  };
};
