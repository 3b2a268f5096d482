import { Problem } from '@berth/common/problem.ts';
import ssh2, { type Client, type ConnectConfig } from 'ssh2';
import { ciphers } from '../transport/ciphers.ts';
import type { Destination } from '../transport/destination.ts';
import { type HostKey, hostKeyAlgorithms, hostKeyFromWire } from '../transport/known-hosts.ts';

/** How an attempt to reach the server ended. Whatever is neither a login nor one of the two refusals is 'unreachable'. */
export type Connection =
  | { readonly kind: 'open'; readonly client: Client; readonly hostKey: HostKey }
  | { readonly kind: 'host-key-changed'; readonly hostKey: HostKey }
  | { readonly kind: 'key-refused'; readonly hostKey: HostKey }
  | { readonly kind: 'busy'; readonly detail: string }
  | { readonly kind: 'unreachable'; readonly detail: string };

/**
 * Logs in with ssh2: the pinned keys decide, compared byte for byte as the server sent its own. An open client must be ended by the
 * caller. Never throws for what the server or the network did, and always answers within `deadlineMs`.
 */
export const connect = async (args: {
  readonly destination: Destination;
  readonly pins: readonly HostKey[];
  readonly privateKey: string;
  readonly deadlineMs: number;
}): Promise<Connection> => {
  const algorithms = await modernAlgorithms(hostKeyAlgorithms(args.pins));
  const { host, port, user } = args.destination;
  const client = new ssh2.Client();
  let hostKey: HostKey | null = null;
  const hostVerifier = (wire: Buffer): boolean => {
    try {
      hostKey = hostKeyFromWire(wire);
    } catch (error) {
      // A key that is none matches no pin; 'error' follows with ssh2's words.
      if (error instanceof Problem) return false;
      throw error;
    }
    return args.pins.some(({ blob }) => blob === hostKey?.blob);
  };
  return new Promise((resolve) => {
    const settle = (connection: Connection): void => {
      clearTimeout(timer);
      if (connection.kind !== 'open') client.destroy();
      resolve(connection);
    };
    const timer = setTimeout(() => settle({ kind: 'unreachable', detail: 'it does not answer' }), args.deadlineMs);
    client.on('ready', () => {
      if (hostKey) settle({ kind: 'open', client, hostKey });
    });
    // After the first answer errors are the channel's to report; without a listener they would end the process.
    client.on('error', (error) => settle(explain(error, hostKey, args.pins)));
    client.on('close', () => settle({ kind: 'busy', detail: 'it closed the connection before the login' }));
    client.connect({
      host,
      port,
      username: user,
      privateKey: args.privateKey,
      hostVerifier,
      algorithms,
      authHandler: ['publickey'],
      readyTimeout: args.deadlineMs,
      keepaliveInterval: 15_000,
      keepaliveCountMax: 3,
    });
  });
};

/**
 * The server's host key, fetched without logging in: ed25519 if it has one. Proves only that whoever answered owns that key; a person or
 * a fingerprint decides whether that is the server.
 */
export const fetchHostKey = async (
  destination: Destination,
  deadlineMs: number,
): Promise<
  | { readonly kind: 'shown'; readonly hostKey: HostKey }
  | { readonly kind: 'busy' | 'unreachable'; readonly detail: string }
> => {
  const types = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa'];
  const pins = types.map((type) => ({ type, blob: '', fingerprint: '' }));
  const connection = await connect({ destination, pins, privateKey: '', deadlineMs });
  if (connection.kind === 'host-key-changed') return { kind: 'shown', hostKey: connection.hostKey };
  if (connection.kind === 'busy' || connection.kind === 'unreachable') return connection;
  if (connection.kind === 'open') connection.client.end();
  return { kind: 'shown', hostKey: connection.hostKey };
};

type Algorithms = NonNullable<ConnectConfig['algorithms']>;

/** ssh2 still offers SHA-1 and CBC by default; we offer the modern part that the receiver's sshd takes. */
const modernAlgorithms = async (hostKeys: readonly string[]): Promise<Algorithms> => {
  const known = [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ] as const;
  return {
    kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org'],
    serverHostKey: known.filter((name) => hostKeys.includes(name)),
    cipher: [...(await ciphers(process.platform))],
    hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com'],
    compress: ['none'],
  };
};

const explain = (
  error: Error & { readonly level?: string },
  hostKey: HostKey | null,
  pins: readonly HostKey[],
): Connection => {
  if (hostKey && !pins.some(({ blob }) => blob === hostKey.blob)) return { kind: 'host-key-changed', hostKey };
  if (hostKey && error.level === 'client-authentication') return { kind: 'key-refused', hostKey };
  const detail = error.message;
  if (/ECONNRESET|Connection lost before handshake|Not allowed at this time|Invalid identification/i.test(detail))
    return { kind: 'busy', detail };
  return { kind: 'unreachable', detail };
};
