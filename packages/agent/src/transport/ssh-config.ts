import type { Cipher } from './ciphers.ts';
import type { Destination } from './destination.ts';
import { type HostKey, hostKeyAlgorithms } from './known-hosts.ts';

/** The name ssh knows the server by: in the private config, and as `HostKeyAlias` in the private known_hosts. */
export const alias = 'berth';

/** What a private ssh_config is made from. The three paths must need no quoting; `runtime.ts` sees to that. */
export interface SshConfig {
  readonly destination: Destination;
  readonly pins: readonly HostKey[];
  readonly ciphers: readonly Cipher[];
  readonly identityFile: string;
  readonly knownHostsFile: string;
  /** Where the multiplexed connection's socket is, or null where each command opens a connection of its own. */
  readonly controlPath: string | null;
  readonly connectTimeoutSeconds: number;
}

/**
 * The whole configuration of one ssh: given with `-F`, so neither the person's `~/.ssh/config` nor the system's is read, and nothing
 * depends on an agent, a default key or another known_hosts. A dead peer is noticed within a minute.
 */
export const sshConfig = (config: SshConfig): string =>
  [
    `Host ${alias}`,
    `HostName ${config.destination.host.replaceAll('%', '%%')}`,
    `Port ${config.destination.port}`,
    `User ${config.destination.user}`,
    `IdentityFile ${config.identityFile}`,
    'IdentitiesOnly yes',
    'IdentityAgent none',
    'AddKeysToAgent no',
    'PreferredAuthentications publickey',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'BatchMode yes',
    `HostKeyAlias ${alias}`,
    `HostKeyAlgorithms ${hostKeyAlgorithms(config.pins).join(',')}`,
    `UserKnownHostsFile ${config.knownHostsFile}`,
    'GlobalKnownHostsFile /dev/null',
    'StrictHostKeyChecking yes',
    'UpdateHostKeys no',
    'VerifyHostKeyDNS no',
    'CheckHostIP no',
    `Ciphers ${config.ciphers.join(',')}`,
    'Compression no',
    'ForwardAgent no',
    'ForwardX11 no',
    'ClearAllForwardings yes',
    'PermitLocalCommand no',
    'RequestTTY no',
    `ConnectTimeout ${config.connectTimeoutSeconds}`,
    'ServerAliveInterval 15',
    'ServerAliveCountMax 3',
    'LogLevel ERROR',
    'ControlMaster no',
    'ControlPersist no',
    `ControlPath ${config.controlPath ?? 'none'}`,
    '',
  ].join('\n');
