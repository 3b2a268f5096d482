import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import ssh2, { type ServerChannel } from 'ssh2';
import type { Destination } from '../transport/destination.ts';
import { type HostKey, hostKeyFromWire } from '../transport/known-hosts.ts';

/** An SSH server in this process, for what needs no real sshd: it lets one key in and answers each command by `onCommand`. */
export interface FakeServer extends AsyncDisposable {
  readonly destination: Destination;
  readonly hostKey: HostKey;
  /** Private key that is let in once `admit` was called (or from the start). */
  readonly clientKey: string;
  readonly admit: () => void;
  readonly attempts: () => number;
}

/** A new Ed25519 key pair. One in 750 that ssh2 1.17 makes it can not read itself (measured), and so is made again. */
export const sshKeyPair = (): { readonly public: string; readonly private: string } => {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    const parsed = [pair.public, pair.private].map((text) => ssh2.utils.parseKey(text));
    if (!parsed.some((key) => key instanceof Error)) return pair;
  }
};

/** Starts one on a free port of the loopback interface. */
export const startFakeServer = async (args: {
  readonly admitted?: boolean;
  readonly onCommand?: (command: string, channel: ServerChannel) => void;
  /** Lets in, and answers no request for a session. */
  readonly isMute?: boolean;
}): Promise<FakeServer> => {
  const host = sshKeyPair();
  const client = sshKeyPair();
  const parsed = ssh2.utils.parseKey(host.public);
  if (parsed instanceof Error) throw parsed;
  let admitted = args.admitted ?? true;
  let attempts = 0;
  const connections = new Set<{ readonly end: () => void }>();
  const server = new ssh2.Server({ hostKeys: [host.private] }, (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
    // A client that hangs up is what these tests are about.
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      const ours = context.method === 'publickey' && client.public.includes(context.key.data.toString('base64'));
      if (context.method === 'publickey') attempts += 1;
      if (ours && admitted) context.accept();
      else context.reject(['publickey']);
    });
    connection.on('session', (accept) => {
      if (args.isMute === true) return;
      accept().on('exec', (acceptExec, _reject, { command }) => args.onCommand?.(command, acceptExec()));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server.address());
  return {
    destination: { host: '127.0.0.1', port, user: 'laptop' },
    hostKey: hostKeyFromWire(parsed.getPublicSSH()),
    clientKey: client.private,
    admit: () => {
      admitted = true;
    },
    attempts: () => attempts,
    [Symbol.asyncDispose]: async () => {
      for (const connection of connections) connection.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};

/** The port a TCP server listens on. */
export const portOf = (address: AddressInfo | string | null): number => {
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP');
  return address.port;
};
