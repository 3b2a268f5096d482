import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Layout } from '../accounts/layout.ts';
import { chooseAlgorithms, processorHasAes, supportedAlgorithms } from '../sshd/algorithms.ts';
import { optionalSettings, sshdConfig } from '../sshd/config.ts';
import { checkConfig, knownSettings } from '../sshd/daemon.ts';
import type { HostKey } from '../sshd/host-key.ts';

interface Wishes {
  readonly layout: Layout;
  readonly hostKey: HostKey;
  readonly address: string | null;
  readonly port: number;
}

/** Writes the configuration that this machine's sshd and processor are best with. Throws when sshd refuses it. */
export const writeSshdConfig = async (path: string, { layout, hostKey, address, port }: Wishes): Promise<void> => {
  const [supported, hasAes, optional] = await Promise.all([
    supportedAlgorithms(),
    processorHasAes(),
    knownSettings(optionalSettings, hostKey.path),
  ]);
  const text = sshdConfig({
    address,
    port,
    hostKey: hostKey.path,
    authorizedKeysFile: layout.authorizedKeysFile,
    sftpRoot: layout.sftpRoot,
    onlyAccount: layout.mode === 'rootless' ? userInfo().username : null,
    algorithms: chooseAlgorithms(supported, hasAes),
    optional,
  });
  writeFileSync(path, text, { mode: 0o600 });
  await checkConfig(path);
};
