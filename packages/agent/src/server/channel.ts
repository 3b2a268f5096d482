import type { Client, ClientChannel } from 'ssh2';

/** A `control` session: its stream, and how it ends. */
export interface ControlChannel {
  readonly stream: ClientChannel;
  /** Its exit code; null when the channel closed without one. */
  readonly exit: Promise<number | null>;
  /** What the session wrote to stderr so far. */
  readonly words: () => string;
}

/**
 * Starts one; a server that says neither yes nor no within `deadlineMs` is an error too. Listens before anything can be missed: a session
 * that ends at once sends its code with the answer that it began.
 */
export const openChannel = (client: Client, deadlineMs: number): Promise<ControlChannel | Error> =>
  new Promise((settle) => {
    let isSettled = false;
    const resolve = (opened: ControlChannel | Error): void => {
      isSettled = true;
      clearTimeout(timer);
      client.off('close', onEnd);
      settle(opened);
    };
    const onEnd = () => resolve(new Error('the connection ended'));
    const timer = setTimeout(() => resolve(new Error('it lets us in, and then does not answer')), deadlineMs);
    client.once('close', onEnd);
    const opening = (error: Error | undefined, stream: ClientChannel): void => {
      if (error) {
        resolve(error);
        return;
      }
      if (isSettled) {
        stream.close(); // Too late: nobody waits for it any more.
        return;
      }
      let stderr = '';
      stream.stderr.on('data', (chunk: Buffer) => {
        stderr = (stderr + chunk.toString('utf8')).slice(-1_000);
      });
      const exit = new Promise<number | null>((ended) => {
        stream.on('exit', (code: number | null) => ended(code));
        stream.on('close', () => ended(null));
      });
      resolve({ stream, exit, words: () => stderr });
    };
    try {
      client.exec('control', opening);
    } catch (error) {
      // ssh2 throws where the connection is gone already.
      resolve(error instanceof Error ? error : new Error(String(error)));
    }
  });
