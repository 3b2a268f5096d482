import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openTransport } from '../packages/agent/src/transport/transport.ts';
import { startDelayProxy } from './delay-proxy.ts';
import type { Server, SshServer } from './servers/server.ts';

/** The transports that are compared; `rest-server` is the one behind TLS. */
export const transports = ['local', 'sftp', 'berth', 'rest-server', 'rest-server-plain'] as const;
export type Transport = (typeof transports)[number];

/** How restic gets to its repository. Disposing it ends the connection. */
export interface Way extends AsyncDisposable {
  readonly repository: string;
  /** Further words for restic. */
  readonly words: readonly string[];
}

/** A transport that is up, with the server behind it. */
export interface Line {
  readonly transport: Transport;
  /** The process whose tree is the server; null for a local directory. */
  readonly serverPid: number | null;
  readonly open: (rttMs: number) => Promise<Way>;
  /** Removes the repository, for the next round. */
  readonly clear: () => Promise<void>;
}

/** A directory on this machine: what restic itself takes. */
export const localLine = (directory: string): Line => ({
  transport: 'local',
  serverPid: null,
  open: async () => ({ repository: directory, words: [], [Symbol.asyncDispose]: async () => undefined }),
  clear: () => rm(directory, { recursive: true, force: true }),
});

/** rest-server behind TLS when there is a certificate. */
export const restLine = (transport: Transport, server: Server, certificate: string | null): Line => ({
  transport,
  serverPid: server.pid,
  open: async (rttMs) => {
    const { port, close } = await far(server.port, rttMs);
    return {
      repository: `rest:${certificate === null ? 'http' : 'https'}://127.0.0.1:${port}/repository/`,
      words: certificate === null ? [] : ['--cacert', certificate],
      [Symbol.asyncDispose]: close,
    };
  },
  clear: () => rm(join(server.dataDir, 'repository'), { recursive: true, force: true }),
});

/** restic joined to one ssh connection as the agent opens it, speaking SFTP or the receiver's protocol. */
export const sshLine = (transport: 'sftp' | 'berth', server: SshServer): Line => ({
  transport,
  serverPid: server.pid,
  open: async (rttMs) => {
    const { port, close } = await far(server.port, rttMs);
    const destination = { host: '127.0.0.1', port, user: server.user };
    const master = await openTransport({ destination, home: server.home });
    const options = transport === 'berth' ? master.options : [`sftp.command=${sshOf(master.options)} -s sftp`];
    return {
      repository: transport === 'berth' ? master.repository : 'sftp:bench:/files/repository',
      words: options.flatMap((option) => ['-o', option]),
      [Symbol.asyncDispose]: async () => {
        await master[Symbol.asyncDispose]();
        await close();
      },
    };
  },
  clear: () => clearSource(server.dataDir, transport),
});

/** The words of the ssh that joins the open connection. */
export const sshOf = (options: readonly string[]): string => {
  const prefix = 'rclone.program=';
  return options.find((option) => option.startsWith(prefix))?.slice(prefix.length) ?? '';
};

const far = async (port: number, rttMs: number) => {
  if (rttMs === 0) return { port, close: async () => undefined };
  const proxy = await startDelayProxy(port, rttMs);
  return { port: proxy.port, close: () => proxy[Symbol.asyncDispose]() };
};

/** A source's own folders stay: the receiver made them, with the source as owner. */
const clearSource = async (dataDir: string, transport: 'sftp' | 'berth'): Promise<void> => {
  const folders = transport === 'sftp' ? ['.'] : ['repo', 'trash', 'journal', 'incoming', 'quarantine'];
  for (const folder of folders) {
    for (const name of await readdir(join(dataDir, folder))) {
      await rm(join(dataDir, folder, name), { recursive: true, force: true });
    }
  }
};
