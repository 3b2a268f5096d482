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
  const channel = await openControl(client);
  if (channel instanceof Error) return { kind: 'failed', detail: channel.message };
  let stderr = '';
  channel.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-1_000);
  });
  const exit = new Promise<number | null>((resolve) => {
    channel.on('exit', (code: number | null) => resolve(code));
    channel.on('close', () => resolve(null));
  });
  try {
    return await get(channel, path, deadlineMs);
  } catch (error) {
    // The channel ended under the request: how the session ended says why.
    channel.close();
    const code = await Promise.race([exit, delay(1_000, null, { ref: false })]);
    if (code === noCoordinator || stderr.includes('coordinator is not running')) return { kind: 'no-coordinator' };
    const words = stderr.trim();
    return { kind: 'failed', detail: words === '' ? String(error instanceof Error ? error.message : error) : words };
  }
};

const openControl = (client: Client): Promise<ClientChannel | Error> =>
  new Promise((resolve) => {
    client.exec('control', (error, channel) => resolve(error ?? channel));
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
