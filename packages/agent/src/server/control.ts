import { Agent, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, ClientChannel } from 'ssh2';

/** What the control channel answered. A server without a coordinator is an ordinary answer: backups work without one. */
export type ControlAnswer =
  | { readonly kind: 'ok'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'no-coordinator' }
  | { readonly kind: 'failed'; readonly detail: string };

/** The exit code of the session's `control` where no coordinator runs (EX_UNAVAILABLE of sysexits.h). */
const noCoordinator = 69;

/**
 * One GET to the coordinator over a `control` channel of an open connection: HTTP/1.1 with JSON, as the design page says. The body is not
 * read further than JSON; whoever asks parses it with the schema both ends share. Answers within `deadlineMs` and at most 1 MiB.
 */
export const askCoordinator = async (client: Client, path: string, deadlineMs: number): Promise<ControlAnswer> => {
  const opened = await openControl(client);
  if (opened instanceof Error) return { kind: 'failed', detail: opened.message };
  const { channel, exit, words } = opened;
  try {
    return await get(channel, path, deadlineMs);
  } catch (error) {
    // The channel ended under the request: how the session ended says why.
    channel.close();
    const code = await Promise.race([exit, delay(1_000, null, { ref: false })]);
    if (code === noCoordinator) return { kind: 'no-coordinator' };
    const said = words().trim();
    return { kind: 'failed', detail: said === '' ? String(error instanceof Error ? error.message : error) : said };
  }
};

interface Control {
  readonly channel: ClientChannel;
  /** null when the channel closed without a code. */
  readonly exit: Promise<number | null>;
  /** What the session wrote to stderr so far. */
  readonly words: () => string;
}

/** Listens before anything can be missed: a session that ends at once sends its code with the answer that it began. */
const openControl = (client: Client): Promise<Control | Error> =>
  new Promise((resolve) => {
    client.exec('control', (error, channel) => {
      if (error) {
        resolve(error);
        return;
      }
      let stderr = '';
      channel.stderr.on('data', (chunk: Buffer) => {
        stderr = (stderr + chunk.toString('utf8')).slice(-1_000);
      });
      const exit = new Promise<number | null>((ended) => {
        channel.on('exit', (code: number | null) => ended(code));
        channel.on('close', () => ended(null));
      });
      resolve({ channel, exit, words: () => stderr });
    });
  });

const maxBodyBytes = 1_048_576;

const get = (channel: Duplex, path: string, deadlineMs: number): Promise<ControlAnswer> =>
  new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(deadlineMs);
    const agent = new Agent({ maxSockets: 1 });
    agent.createConnection = () => channel;
    const asked = request(
      { agent, path, host: 'berth', signal, headers: { accept: 'application/json' } },
      (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.length;
          if (bytes > maxBodyBytes) response.destroy(new Error('the answer is longer than 1 MiB'));
        });
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          channel.end();
          try {
            resolve({ kind: 'ok', status: response.statusCode ?? 0, body: text === '' ? null : JSON.parse(text) });
          } catch {
            resolve({ kind: 'failed', detail: 'the answer is no JSON' });
          }
        });
      },
    );
    asked.on('error', reject);
    asked.end();
  });
