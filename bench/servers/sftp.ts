import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseAlgorithms, processorHasAes, supportedAlgorithms } from '../../packages/server/src/sshd/algorithms.ts';
import { sshdConfig } from '../../packages/server/src/sshd/config.ts';
import { freePort } from '../../test/helpers/receiver.ts';
import { makeKey, pinHostKey, type SshServer, startServer } from './server.ts';

const account = { name: 'bench-sftp', uid: 28_099 } as const;

/**
 * SFTP by the same sshd program with the receiver's own configuration, its forced command replaced by a chrooted
 * internal-sftp. The account exists only in the mount namespace of this server.
 */
export const startSftp = async (directory: string): Promise<SshServer> => {
  const [jail, keys] = [join(directory, 'jail'), join(directory, 'keys')];
  for (const folder of [jail, keys]) await mkdir(folder);
  const key = await makeKey(join(directory, 'id'));
  const hostKey = await makeKey(join(directory, 'ssh_host_ed25519_key'));
  await cp(`${key}.pub`, join(keys, account.name));
  const port = await freePort();
  const config = sshdConfig({
    address: '127.0.0.1',
    port,
    hostKey,
    authorizedKeysFile: '/run/bench/keys/%u',
    onlyAccount: null,
    algorithms: chooseAlgorithms(await supportedAlgorithms(), await processorHasAes()),
    optional: [],
  });
  const configFile = join(directory, 'sshd_config');
  const jailed = 'ForceCommand internal-sftp\nChrootDirectory /run/bench/jail\n';
  await writeFile(configFile, `${config}Subsystem sftp internal-sftp\n${jailed}`);
  const server = await startServer(
    ['unshare', '--mount', '--propagation', 'private', 'sh', '-euc', host, 'sh', directory, configFile],
    { port },
  );
  return {
    pid: server.pid,
    port,
    dataDir: join(jail, 'data'),
    user: account.name,
    home: { key, knownHosts: await pinHostKey(directory, `${hostKey}.pub`, port) },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};

/** sshd wants every folder above a jail and above keys to be root's alone, which a temporary folder is not. */
const host = `
mount -t tmpfs -o mode=0755 bench /run
mkdir -p /run/sshd /run/bench/jail /run/bench/keys /run/upper /run/work
mount --bind "$1/jail" /run/bench/jail
mount --bind "$1/keys" /run/bench/keys
chown 0:0 /run/bench/jail
chmod 0755 /run/bench/jail /run/bench/keys
mkdir -m 0700 /run/bench/jail/data
chown ${account.uid}:${account.uid} /run/bench/jail/data
mount -t overlay -o lowerdir=/etc,upperdir=/run/upper,workdir=/run/work bench /etc
echo '${account.name}:*:${account.uid}:${account.uid}::/:/bin/sh' >> /etc/passwd
exec /usr/sbin/sshd -D -e -f "$2"
`;
