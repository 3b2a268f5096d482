import { type IncomingMessage, request as overPlain } from 'node:http';
import { request as overTls } from 'node:https';
import { cancelled } from '@berth/common/problem.ts';
import { drained } from './drained.ts';

/** A body to send. A stream that rejects cuts the request off: the server never sees its end. */
export type HttpBody =
  | { readonly json: unknown }
  | { readonly chunks: AsyncIterable<Uint8Array>; readonly type: string; readonly length?: number };

/** One request, ready to be sent. */
export interface HttpAsked {
  readonly method: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** With its query, percent-encoded; sent as it stands, without `..` being resolved. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: HttpBody | undefined;
  /** Certificates (PEM) that vouch for the server beside the machine's own; null for none. */
  readonly ca: string | null;
}

/**
 * Sends one request and answers when the head of the answer is there. Follows no redirect. Nothing but `signal` ends it, for making a snapshot can
 * take longer than the five minutes after which Node's fetch gives up (https://undici.nodejs.org/#/docs/api/Client, headersTimeout), and fetch
 * knows no certificate of one request's own. Rejects with the network's error, with what `body` rejected with, or 'cancelled'.
 */
export const sendHttp = async (asked: HttpAsked, signal: AbortSignal): Promise<IncomingMessage> => {
  if (signal.aborted) throw cancelled();
  const { protocol, hostname, port } = new URL(asked.origin);
  const { bytes, headers } = writtenBody(asked.body);
  const options = {
    method: asked.method,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? undefined : port,
    path: asked.path,
    headers: { accept: '*/*', 'accept-encoding': 'identity', connection: 'close', ...headers, ...asked.headers },
    agent: false,
    signal,
  } as const;
  const request =
    protocol === 'https:' ? overTls(asked.ca === null ? options : { ...options, ca: asked.ca }) : overPlain(options);
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', (error) => reject(signal.aborted ? cancelled(error) : error));
  });
  const sending = send(request, bytes).catch((error: unknown) => {
    request.destroy();
    throw error;
  });
  // An early "no" of the server counts, although it stopped listening in the middle of the body.
  const failed = sending.then(
    () => new Promise<never>(() => undefined),
    (error: unknown) => Promise.reject(error),
  );
  return await Promise.race([answered, failed]);
};

const writtenBody = (
  body: HttpBody | undefined,
): {
  readonly bytes: AsyncIterable<Uint8Array> | Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
} => {
  if (body === undefined) return { bytes: null, headers: {} };
  if ('json' in body) {
    const bytes = new TextEncoder().encode(JSON.stringify(body.json));
    return { bytes, headers: { 'content-type': 'application/json', 'content-length': String(bytes.length) } };
  }
  return {
    bytes: body.chunks,
    headers: {
      'content-type': body.type,
      ...(body.length === undefined ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(body.length) }),
    },
  };
};

const send = async (
  request: ReturnType<typeof overPlain>,
  bytes: AsyncIterable<Uint8Array> | Uint8Array | null,
): Promise<void> => {
  if (bytes instanceof Uint8Array) request.write(bytes);
  else if (bytes !== null) {
    for await (const chunk of bytes) {
      if (request.destroyed || request.writableEnded) return;
      if (!request.write(chunk)) await drained(request);
    }
  }
  request.end();
};
