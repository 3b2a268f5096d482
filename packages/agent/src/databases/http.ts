import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { cancelled, Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import type { EngineWorld } from './engine.ts';
import { pathField } from './entry.ts';
import { cut, elsewhere, problemOf, unreachable } from './http-problem.ts';
import { type HttpBody, sendHttp } from './http-request.ts';
import { atField, type Place } from './place.ts';

/** `url:`, the address of a server's HTTP interface: scheme, host and port, without user and password. */
export const urlField = (example: string) =>
  z
    .string()
    .max(2000)
    .transform((url, context): string => {
      const parsed = URL.canParse(url) ? new URL(url) : null;
      const remedy = `Write scheme, host and port: url: '${example}'`;
      const refuse = (error: string, mend: string): never => {
        context.issues.push({ code: 'custom', message: error, input: url, params: { code: 'url', remedy: mend } });
        return z.NEVER;
      };
      if (parsed === null || !/^https?:$/.test(parsed.protocol)) return refuse('this is no http or https URL', remedy);
      if (parsed.username !== '' || parsed.password !== '') {
        return refuse('a password stands in it', 'Take it out and name the file it is in with the key for it.');
      }
      if (parsed.pathname !== '/' || parsed.search !== '' || parsed.hash !== '') {
        return refuse('it goes on behind the port', remedy);
      }
      return parsed.origin;
    })
    .nullable()
    .default(null)
    .meta({ example: `url: '${example}'` });

/** What entries of engines that speak HTTP may say of where they are: `url`, or `at`; and `ca_file` for certificates of one's own. */
export const httpFields = (port: number) => ({
  url: urlField(`http://127.0.0.1:${port}`),
  at: atField(['host', 'tcp', 'container']),
  ca_file: pathField('ca_file: /etc/berth/ca.pem').nullable().default(null),
});

/** Where an entry's HTTP interface is: `url`, else `at`. */
export interface HttpPlace {
  readonly url: string | null;
  readonly at: Place;
  readonly ca_file: string | null;
}

/** For `z.strictObject(…).superRefine`: there is one way to the server. */
export const checkHttp = (entry: HttpPlace, context: z.core.$RefinementCtx): void => {
  if (entry.url === null || entry.at.kind === 'host') return;
  context.issues.push({
    code: 'custom',
    message: 'there are two ways to the server',
    input: entry,
    path: ['url'],
    params: { code: 'url', remedy: 'Keep url or at; a URL has host and port already.' },
  });
};

/** One question to the server. */
export interface Ask {
  /** GET unless said. */
  readonly method?: string;
  /** Begins with a slash; names in it went through `encodeURIComponent`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
  /** What a status means to this engine; null leaves it to the rules for all. `text` is the start of the body. */
  readonly explain?: (status: number, text: string) => Problem | null;
}

/** A body that comes in. `chunks` rejects when it was cut, also where only its promised length says so. */
export interface Streamed {
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes, as the head promises them; null where it comes in chunks. */
  readonly length: number | null;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * A server's HTTP interface. All throw 'database-unreachable', 'database-refused' (401, 403, a redirect to another origin: credentials go to no
 * other), 'dump-failed' (any other status above 299), 'cancelled'.
 */
export interface Http {
  /** For messages: scheme, host, port. */
  readonly origin: string;
  /** The answer, parsed; at most 64 MiB. An answer of another shape is 'database-refused': this is not the server it should be. */
  readonly json: <Shape>(shape: z.ZodType<Shape>, ask: Ask, signal: AbortSignal) => Promise<Shape>;
  readonly stream: (ask: Ask, signal: AbortSignal) => Promise<Streamed>;
  /** For what is only done; the answer's body is read and dropped. */
  readonly send: (ask: Ask, signal: AbortSignal) => Promise<void>;
}

const mostJsonBytes = 64 * 1024 * 1024;
const mostRedirects = 3;

/** The interface of an entry. `headers` are what it is let in by: read the secret for each call, or once, as the engine likes. */
export const httpOf = async (
  place: HttpPlace,
  port: number,
  headers: Readonly<Record<string, string>>,
  world: Pick<EngineWorld, 'addressOf'>,
): Promise<Http> => {
  const origin =
    place.url ?? originOf(await world.addressOf(place.at, port), place.ca_file === null ? 'http' : 'https');
  const ca = place.ca_file === null ? null : await certificates(place.ca_file);
  const open = async (ask: Ask, signal: AbortSignal, redirects = 0): Promise<IncomingMessage> => {
    const method = ask.method ?? 'GET';
    const answer = await sendHttp(
      { method, origin, path: ask.path, headers: { ...headers, ...ask.headers }, body: ask.body, ca },
      signal,
    ).catch((error: unknown) => {
      throw error instanceof Problem ? error : unreachable(origin, error);
    });
    const status = answer.statusCode ?? 0;
    const target = redirectOf(answer, origin);
    if (target !== null) {
      answer.destroy();
      if (target.origin !== origin) throw elsewhere(origin, target.origin);
      if (method === 'GET' && redirects < mostRedirects) {
        return await open({ ...ask, path: `${target.pathname}${target.search}` }, signal, redirects + 1);
      }
    }
    if (status >= 200 && status < 300) return answer;
    const text = masked(await startOf(answer), headers);
    throw ask.explain?.(status, text) ?? problemOf(origin, ask, status, text);
  };
  return {
    origin,
    json: async (shape, ask, signal) => {
      const text = await wholeText(origin, await open(ask, signal), signal);
      const parsed = shape.safeParse(parse(text));
      if (parsed.success) return parsed.data;
      throw new Problem(
        'database-refused',
        `${origin} answers ${ask.path} in a way that this engine does not.`,
        'Look which server listens there.',
        { cause: parsed.error },
      );
    },
    stream: async (ask, signal) => {
      const answer = await open(ask, signal);
      const length = lengthOf(answer);
      return { headers: flat(answer), length, chunks: counted(origin, answer, length, signal) };
    },
    send: async (ask, signal) => {
      for await (const _ of counted(origin, await open(ask, signal), null, signal));
    },
  };
};

/** `Authorization` for a name and a password. */
export const basicAuth = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;

/** A server or a proxy may show what it was sent, and reports carry what it says. */
const masked = (text: string, headers: Readonly<Record<string, string>>): string =>
  Object.values(headers)
    .flatMap((value) => [value, value.replace(/^\S+ /, '')])
    .filter((secret) => secret.length > 3)
    .reduce((left, secret) => left.replaceAll(secret, '…'), text);

const originOf = ({ host, port }: { readonly host: string; readonly port: number }, scheme: 'http' | 'https'): string =>
  new URL(`${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`).origin;

const certificates = async (file: string): Promise<string> =>
  await readFile(file, 'utf8').catch((error: unknown) => {
    throw new Problem('secret-unreadable', `${file} cannot be read.`, 'Look ca_file: up in agent.yaml.', {
      cause: error,
    });
  });

const redirectOf = (answer: IncomingMessage, origin: string): URL | null => {
  const to = answer.headers.location;
  if (to === undefined || ![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0)) return null;
  return URL.canParse(to, origin) ? new URL(to, origin) : null;
};

const lengthOf = (answer: IncomingMessage): number | null => {
  const length = answer.headers['content-length'];
  return length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : null;
};

const flat = (answer: IncomingMessage): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(answer.headers).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
  );

const counted = async function* (
  origin: string,
  answer: IncomingMessage,
  length: number | null,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  // Without a length and without chunks, the end of the connection is the end of the body: a cut would look like the end.
  const isFramed = length !== null || answer.headers['transfer-encoding'] !== undefined || answer.statusCode === 204;
  let seen = 0;
  try {
    for await (const chunk of answer) {
      if (!(chunk instanceof Uint8Array)) throw new Error('an answer spoke no bytes');
      seen += chunk.length;
      yield chunk;
    }
  } catch (error) {
    if (signal.aborted) throw cancelled(error);
    throw cut(origin, seen, length, error);
  } finally {
    answer.destroy();
  }
  if (!answer.complete || (length !== null && seen !== length) || (!isFramed && seen > 0))
    throw cut(origin, seen, length);
};

const wholeText = async (origin: string, answer: IncomingMessage, signal: AbortSignal): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of counted(origin, answer, lengthOf(answer), signal)) {
    bytes += chunk.length;
    if (bytes > mostJsonBytes)
      throw new Problem('dump-failed', `${origin} answers without end.`, 'Look at the server.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const startOf = async (answer: IncomingMessage): Promise<string> => {
  let text = '';
  try {
    for await (const chunk of answer) {
      text += String(chunk);
      if (text.length > 2000) break;
    }
  } catch {
    // What came of it is enough to tell.
  }
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, 500);
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
