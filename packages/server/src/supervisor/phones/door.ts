import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { requireSocketPath } from '../../socket-path.ts';
import { linesOf } from '../child/lines.ts';

/** A session that is told to go has so long before it is made to: as connections of sshd have. */
const usualGraceMs = 1500;
const longestLine = 4096;

export interface DoorOptions {
  /** Where to listen, in a folder that nobody but us writes; what is there is replaced. */
  readonly socket: string;
  /** The only one beside root that may come in; null for our own account. */
  readonly uid: number | null;
  /** The words of a session, which gets the connection as its standard input and output. */
  readonly command: readonly string[];
  /** Of the session, and all of it: `SSH_ORIGINAL_COMMAND` says what is wanted. */
  readonly environment: Readonly<Record<string, string>>;
  readonly log: Logger;
  /** So many at once; one more is turned away. */
  readonly most?: number;
  /** How long a session that is told to go has, in milliseconds; only tests say. */
  readonly graceMs?: number;
}

/** A way to a source's store for who may use it; closing it ends the sessions. */
export interface Door extends AsyncDisposable {
  /** The sessions that run now. */
  readonly live: () => number;
}

/**
 * Opens a door: a unix socket, each connection of which becomes the standard input and output of a session of its own, as sshd would
 * start it. We read no byte of what passes: the connection is handed on before anything was read (`pauseOnConnect`,
 * https://nodejs.org/docs/latest-v24.x/api/net.html#netcreateserveroptions-connectionlistener). Resolves once it is open. Throws `socket-path`.
 */
export const openDoor = async (options: DoorOptions): Promise<Door> => {
  const { socket: path, uid, log, most = 4, graceMs = usualGraceMs } = options;
  requireSocketPath(path);
  const sessions = new Map<ChildProcess, Promise<unknown>>();
  let isClosed = false;
  const server = createServer({ pauseOnConnect: true }, (connection) => {
    connection.on('error', () => undefined);
    if (isClosed || sessions.size >= most) {
      if (!isClosed) log.warn({ most }, 'one connection too many was turned away');
      connection.destroy();
      return;
    }
    const session = startSession(connection, options);
    if (session === null) return;
    const ended = once(session, 'close').catch(() => undefined);
    sessions.set(session, ended);
    void ended.then(() => sessions.delete(session));
  });
  rmSync(path, { force: true });
  server.listen(path);
  await once(server, 'listening');
  server.on('error', (error) => log.error({ err: error }, 'the door fails'));
  // Who may connect is who may write (unix(7)). It stays ours: the one who may come in can not open it to others.
  chmodSync(path, uid === null ? 0o600 : 0o660);
  if (uid !== null) chownSync(path, process.getuid?.() ?? 0, uid);
  return {
    live: () => sessions.size,
    [Symbol.asyncDispose]: async () => {
      isClosed = true;
      // Removes the socket as well.
      server.close();
      const all = [...sessions];
      for (const [session] of all) session.kill('SIGTERM');
      const ended = Promise.all(all.map(([, end]) => end)).then(() => true);
      if (await Promise.race([ended, sleep(graceMs, false, { ref: false })])) return;
      for (const [session] of all) session.kill('SIGKILL');
      await ended;
    },
  };
};

/** Null where none could be. */
const startSession = (connection: Socket, { command, environment, log }: DoorOptions): ChildProcess | null => {
  const [file = '', ...words] = command;
  let session: ChildProcess;
  try {
    session = spawn(file, words, { cwd: '/', env: environment, stdio: [connection, connection, 'pipe'] });
  } catch (error) {
    // Node throws where there is no memory for one, and it is the server that listens here.
    connection.destroy();
    log.error({ err: error }, 'a session could not be started');
    return null;
  }
  // Ours is a copy: kept open, nobody would ever hear that the session has ended.
  const letGo = (): void => void connection.destroy();
  session.on('spawn', letGo);
  session.on('error', (error) => {
    letGo();
    log.error({ err: error }, 'a session could not be started');
  });
  void relay(session, log);
  session.on('close', (code, signal) => log.debug({ code, signal }, 'a session has ended'));
  return session;
};

/** What a session says on its standard error is for people. */
const relay = async ({ stderr }: ChildProcess, log: Logger): Promise<void> => {
  if (stderr === null) return;
  try {
    for await (const line of linesOf(stderr.setEncoding('utf8'), longestLine)) {
      if (line !== null && line.trim() !== '') log.warn({ words: line }, 'session');
    }
  } catch {
    // It is gone.
  }
};
