import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';
import type { Destination } from './destination.ts';

/** A server's public host key: its SSH type, the base64 of its wire form, and its fingerprint as OpenSSH prints it. */
export interface HostKey {
  readonly type: string;
  readonly blob: string;
  readonly fingerprint: string;
}

/** The host keys OpenSSH's server has by default. One type ssh does not know would make it refuse the whole list of algorithms. */
const hostKeyTypes: ReadonlySet<string> = new Set([
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
]);

/** The host key in its wire form, as SSH sends it. Throws when the bytes are no SSH key. */
export const hostKeyFromWire = (wire: Buffer): HostKey => {
  const length = wire.length >= 4 ? wire.readUInt32BE(0) : 0;
  const type = wire.subarray(4, 4 + length).toString('latin1');
  if (length === 0 || length > 64 || wire.length <= 4 + length || !/^[a-z0-9@.-]+$/.test(type)) {
    throw new Problem(
      'host-key',
      'The server sent a host key that is no SSH key.',
      'Check that HOST and PORT name the berth receiver.',
    );
  }
  const hash = createHash('sha256').update(wire).digest('base64').replace(/=+$/, '');
  return { type, blob: wire.toString('base64'), fingerprint: `SHA256:${hash}` };
};

/** The line `known_hosts` gets for this server, in OpenSSH's format: people may read and edit it with the tools they know. */
export const knownHostsLine = ({ host, port }: Destination, key: HostKey): string =>
  `${port === 22 ? host : `[${host}]:${port}`} ${key.type} ${key.blob}`;

/**
 * Every host key pinned in the agent's own known_hosts, whatever host its line names: the file belongs to one server, and a server that
 * moved to another address and proves the same key is the same server. Hashed names work; lines with a marker (@revoked,
 * @cert-authority) pin nothing. A missing file is no pins.
 */
export const readPins = async (file: string): Promise<readonly HostKey[]> => {
  try {
    return parsePins(await readFile(file, 'utf8'));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
};

/** The pins in the text of a known_hosts file; lines that are no host key are passed over. */
export const parsePins = (text: string): readonly HostKey[] =>
  text.split('\n').flatMap((line) => {
    // A marker (@revoked) stands first and moves the rest, which then is no key.
    const [names, type, blob] = line.trim().split(/\s+/);
    if (!names || !type || !blob || names.startsWith('#')) return [];
    const wire = Buffer.from(blob, 'base64');
    if (wire.toString('base64') !== blob) return [];
    try {
      const key = hostKeyFromWire(wire);
      return key.type === type && hostKeyTypes.has(type) ? [key] : [];
    } catch {
      return [];
    }
  });

/** What to offer as `HostKeyAlgorithms` so that the server proves one of the pinned keys and not another it also has. */
export const hostKeyAlgorithms = (pins: readonly HostKey[]): readonly string[] => [
  // An RSA key signs with SHA-2 under algorithm names of their own (RFC 8332); ssh-rsa as a name would be SHA-1.
  ...new Set(pins.flatMap(({ type }) => (type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type]))),
];
