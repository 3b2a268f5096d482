import { promises as dns, type LookupAddress } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { kindOfAddress } from './addresses.ts';
import { ChannelError } from './channel.ts';
import { explained } from './http-error.ts';
import { trustOf } from './trust.ts';

/** One request to a service. */
export interface WebRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether it may go to addresses that are not public: the machine itself, the local network. */
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
}

/** What the service answered: any status, redirects too. */
export interface WebAnswer {
  readonly status: number;
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  /** Its first 64 KiB, or as much as the guard says. */
  readonly body: string;
}

/** Sends one request and takes its answer. Rejects with a ChannelError where there was none. */
export type Request = (request: WebRequest) => Promise<WebAnswer>;

/** What requests need of the world; a test says otherwise. */
export interface Guard {
  /** All addresses of a name. */
  readonly resolve?: (name: string) => Promise<readonly LookupAddress[]>;
  /** Certificates (PEM) to trust beside Node's own ones. */
  readonly ca?: string;
  /**
   * The one certificate (PEM) to trust instead of all others, for services that made their own: whoever shows that very one is it,
   * whatever name it holds.
   */
  readonly pinned?: string;
  /** For the whole of it, from the name to the end of the answer. */
  readonly deadlineMs?: number;
  /** So much of an answer's body is taken, and no more; 64 KiB where it is not said. */
  readonly mostBytes?: number;
}

/**
 * Requests that go where they say and nowhere else, so that nobody who can write a URL makes the server talk to what only it reaches.
 * The name is resolved once; where one of its addresses is not public the request is refused, unless it may be private; the connection
 * goes to those very addresses, so a name that answers differently the next time changes nothing. No redirect is followed, no proxy
 * is asked, certificates are always checked, and no connection is used again.
 */
export const guardedRequest = ({
  resolve = resolveAll,
  ca,
  pinned,
  deadlineMs = 20_000,
  mostBytes = 64 * 1024,
}: Guard = {}): Request => {
  const trust = trustOf(ca, pinned);
  return async (request) => {
    const deadline = AbortSignal.timeout(deadlineMs);
    const signal = AbortSignal.any([request.signal, deadline]);
    const url = urlOf(request.url);
    try {
      const addresses = await ended(addressesOf(url, resolve), signal);
      if (!request.allowPrivate) refusePrivate(url, addresses);
      return await exchange(request, url, { addresses, signal, trust, mostBytes });
    } catch (error) {
      throw explained(error, url, deadline.aborted ? deadlineMs : null, request.signal.aborted);
    }
  };
};

const resolveAll = (name: string): Promise<LookupAddress[]> => dns.lookup(name, { all: true });

const urlOf = (text: string): URL => {
  const url = URL.parse(text);
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url;
  throw new ChannelError('Its URL is none that begins with https:// or http://.', {
    isFinal: true,
    remedy: 'Write the whole URL as the service shows it: https://…',
  });
};

/** The host without the brackets of IPv6. URL has made every other spelling of a number (decimal, octal, hex) the usual one. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

const addressesOf = async (
  url: URL,
  resolve: (name: string) => Promise<readonly LookupAddress[]>,
): Promise<readonly LookupAddress[]> => {
  const host = hostOf(url);
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family }];
  const addresses = await resolve(host);
  if (addresses.length > 0) return addresses;
  throw Object.assign(new Error('no address'), { code: 'ENOTFOUND' });
};

const refusePrivate = (url: URL, addresses: readonly LookupAddress[]): void => {
  const refused = addresses.find(({ address }) => kindOfAddress(address) !== 'public');
  if (refused === undefined) return;
  const { address } = refused;
  const words = address === hostOf(url) ? address : `${hostOf(url)} is ${address}, and that`;
  throw new ChannelError(`${words} is no public address (${kindOfAddress(address)}), so nothing is sent there.`, {
    isFinal: true,
    remedy: 'If it is meant to go there, write `allow_private: true` beside its URL in sources.yaml.',
  });
};

/** The wait for something that can not be cut off itself. */
const ended = <Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> => {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', abort));
};

interface Exchange {
  readonly addresses: readonly LookupAddress[];
  readonly signal: AbortSignal;
  readonly trust: https.RequestOptions;
  readonly mostBytes: number;
}

const exchange = (
  { method, headers = {}, body }: WebRequest,
  url: URL,
  { addresses, signal, trust, mostBytes }: Exchange,
): Promise<WebAnswer> => {
  const { promise, resolve, reject } = Promise.withResolvers<WebAnswer>();
  const host = hostOf(url);
  const options: https.RequestOptions = {
    ...{ method, host, path: `${url.pathname}${url.search}`, signal, lookup: pinned(addresses) },
    ...(url.port === '' ? {} : { port: url.port }),
    headers: {
      ...{ Host: url.host, 'User-Agent': 'berth', Accept: '*/*', ...basicAuth(url) },
      ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }),
      ...headers,
    },
  };
  const request =
    url.protocol === 'http:'
      ? http.request({ ...options, agent: new http.Agent({ keepAlive: false }) })
      : https.request({
          ...{ ...options, agent: new https.Agent({ keepAlive: false }), rejectUnauthorized: true },
          ...(isIP(host) === 0 ? { servername: host.replace(/\.$/, '') } : {}),
          ...trust,
        });
  request.on('error', reject);
  // Whoever answers that it speaks something else from now on (101) gives no answer, and no error either.
  request.on('upgrade', (_response, socket) => {
    socket.destroy();
    reject(new Error('it speaks another protocol than HTTP'));
  });
  request.on('close', () => reject(new Error('the connection was closed before an answer')));
  request.on('response', (response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const answer = () => {
      resolve({
        status: response.statusCode ?? 0,
        headers: Object.fromEntries(
          Object.entries(response.headers).map(([name, value = '']) => [name, [value].flat().join(', ')]),
        ),
        body: Buffer.concat(chunks).subarray(0, mostBytes).toString('utf8'),
      });
      request.destroy();
    };
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= mostBytes) answer();
    });
    response.on('end', answer);
    response.on('error', reject);
    response.on('aborted', () => reject(new Error('the connection was cut within the answer')));
  });
  request.end(body);
  return promise;
};

/** What was resolved and looked at, whenever it is asked for. */
const pinned = (addresses: readonly LookupAddress[]): LookupFunction => {
  return (_name, { all }, callback) => {
    const [first] = addresses;
    if (all === true) callback(null, [...addresses]);
    else if (first !== undefined) callback(null, first.address, first.family);
  };
};

const basicAuth = ({ username, password }: URL): Readonly<Record<string, string>> => {
  if (username === '' && password === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
};
