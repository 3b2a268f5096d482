import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { isRoot, withReceiver } from './helpers/receiver.ts';
import { landlockTools } from './helpers/setpriv.ts';
import { type SftpReceiver, sftpSource } from './helpers/sftp-source.ts';

const receiverOfThisMachine = async (): Promise<SftpReceiver> => {
  const tools = await landlockTools();
  const receiver = await withReceiver({ start: false, setpriv: tools.folder });
  return {
    door: receiver,
    dataDir: receiver.dataDir,
    innerPort: receiver.port,
    start: async (sources) => {
      await receiver.writeSources(sources);
      await receiver.start();
    },
    change: (sources) => receiver.writeSources(sources),
    run: async ([file = '', ...words]) => (await execa(file, words)).stdout,
    status: async (...source) => (await receiver.cli('status', ...source, '--data', receiver.dataDir)).stdout,
    [Symbol.asyncDispose]: async () => {
      await receiver[Symbol.asyncDispose]();
      await tools[Symbol.asyncDispose]();
    },
  };
};

/** sshd confines a login to a folder only as root. test/docker/sftp.test.ts shows the same of the container. */
describe.runIf(isRoot)('an SFTP source (needs root)', () => sftpSource(receiverOfThisMachine));

test('a server without root refuses SFTP sources, and says what to do', async () => {
  await using receiver = await withReceiver({ mode: 'rootless', start: false });
  const key = await receiver.makeKey();
  await receiver.writeSources({ scanner: { uid: 4001, keys: [key.line], more: { access: 'sftp' } } });
  await expect(receiver.start()).rejects.toThrow('without root can not confine');
});
