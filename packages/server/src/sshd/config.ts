import { sftpGroup } from '../sftp/command.ts';
import type { Algorithms } from './algorithms.ts';

export interface SshdSettings {
  /** `null` listens on every address, IPv4 and IPv6. */
  readonly address: string | null;
  readonly port: number;
  readonly hostKey: string;
  /** A path; `%u` in it is the account. */
  readonly authorizedKeysFile: string;
  /** What an SFTP source sees as `/`, with `%u` for its account; null, or left out, where there are none. */
  readonly sftpRoot?: string | null;
  /** Where one UID serves all sources, the only account that may log in. */
  readonly onlyAccount: string | null;
  readonly algorithms: Algorithms;
  /** Those of {@link optionalSettings} that this sshd knows. */
  readonly optional: readonly string[];
}

/**
 * Settings that not every supported sshd has, with the versions that do.
 * - `DebianBanner`: Debian's own patch, so as not to tell the exact package version.
 * - `RequiredRSASize`: 9.1. The loader of sources.yaml refuses short keys already; this is the second lock.
 * - `PerSourcePenalties`: 9.8. A failed login costs one second instead of five: there is no password to guess, and a
 *   machine that waits for the admin to paste its key (`berth enroll`) tries every few seconds and must not lock out
 *   its whole network, which behind Docker's address translation is everyone. What looks like an attack on sshd
 *   itself keeps the default price.
 */
export const optionalSettings: readonly string[] = [
  'DebianBanner no',
  'RequiredRSASize 3072',
  'PerSourcePenalties crash:90 authfail:1 noauth:1 grace-exceeded:10 max:90 min:15',
];

/**
 * The configuration of our sshd. It never mentions a source: accounts and keys are files of their own, so sshd is
 * neither restarted nor reloaded when sources.yaml changes.
 */
export const sshdConfig = (settings: SshdSettings): string => {
  const rootless = settings.onlyAccount !== null;
  return `# Written by berth-server at every start; changes here are lost.
${settings.address === null ? '' : `ListenAddress ${listenAddress(settings.address, settings.port)}\n`}Port ${settings.port}
HostKey ${quoted(settings.hostKey)}
HostKeyAlgorithms ssh-ed25519
PidFile none

# Keys only, and only those of sources: a system account has no file here.
AuthenticationMethods publickey
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
HostbasedAuthentication no
PermitEmptyPasswords no
PermitRootLogin no
UsePAM no
AuthorizedKeysFile ${quoted(settings.authorizedKeysFile)}
AuthorizedKeysCommand none
TrustedUserCAKeys none
${
  rootless
    ? `# One UID: folders above ours may belong to others, so sshd's check of every one of them would refuse keys at random.
# The server checks instead that its own folder is 0700 and its own.
StrictModes no
AllowUsers ${quoted(settings.onlyAccount)}
`
    : 'StrictModes yes\n'
}
# One command behind each key, and nothing beside it. The keys say "restrict" as well.
DisableForwarding yes
AllowTcpForwarding no
AllowStreamLocalForwarding no
AllowAgentForwarding no
X11Forwarding no
PermitTunnel no
GatewayPorts no
PermitListen none
PermitOpen none
PermitTTY no
PermitUserRC no
PermitUserEnvironment no
ExposeAuthInfo no
PrintMotd no
PrintLastLog no
Banner none
VersionAddendum none
# What restic sends is encrypted already and can not be compressed; trying costs time.
Compression no
UseDNS no

KexAlgorithms ${settings.algorithms.kex.join(',')}
Ciphers ${settings.algorithms.ciphers.join(',')}
MACs ${settings.algorithms.macs.join(',')}
PubkeyAcceptedAlgorithms ${settings.algorithms.publicKeys.join(',')}

# Who has not logged in within 20 s goes. From 300 such connections on, new ones are dropped at random, 30 % first, all at 400;
# each takes 1.6 MB. One address (one /64 in IPv6, as that is what one attacker has) holds at most 50 of them: a login takes about
# 0.1 s, so even a whole network that Docker's address translation shows as one address gets in, and it takes six to be felt.
LoginGraceTime 20
MaxStartups 300:30:400
PerSourceMaxStartups 50
PerSourceNetBlockSize 32:64
MaxAuthTries 3
# One run uses restic's channel, the control channel and a second restic for a moment.
MaxSessions 8
# A peer that is gone (a suspended laptop, a dead link) is noticed within a minute, and its restic lock can go.
ClientAliveInterval 20
ClientAliveCountMax 3
TCPKeepAlive yes
# VERBOSE names the key behind each login.
LogLevel VERBOSE
${settings.optional.map((line) => `${line}\n`).join('')}${settings.sftpRoot ? sftpPart(settings.sftpRoot) : ''}`;
};

/** Last in the file, because everything after a Match belongs to it. */
const sftpPart = (root: string): string => `
# \`access: sftp\`: sshd speaks SFTP itself, with the words of the key's forced command, in the source's own folder. Other
# sources that ask for SFTP get their forced command, which refuses.
Subsystem sftp internal-sftp
Match Group ${sftpGroup}
  ChrootDirectory ${quoted(root)}
`;

/**
 * sshd_config quotes with `"`; `%` begins a token only in AuthorizedKeysFile, where callers write `%u` on purpose and
 * `%%` otherwise.
 */
const quoted = (value: string): string => {
  if (/["\n\r\\]/.test(value)) throw new Error(`sshd_config can not hold this path: ${JSON.stringify(value)}`);
  return `"${value}"`;
};

const listenAddress = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
