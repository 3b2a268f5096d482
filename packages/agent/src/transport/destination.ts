import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { Problem } from '@berth/common/problem.ts';

/** Where the receiver listens and which account the agent logs in as. `host` has no brackets, IPv6 included. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

/** The receiver's port unless the person names another. */
export const defaultPort = 2222;

/**
 * Reads `[USER@]HOST[:PORT]`; an IPv6 address with a port needs brackets, as in URLs. `fallbackUser` logs in where none is named.
 * What could be taken for an ssh option or a shell word never becomes a host or a user: such text is a `Problem` 'destination'.
 */
export const parseDestination = (text: string, fallbackUser: string): Destination => {
  const at = text.lastIndexOf('@');
  const user = at === -1 ? fallbackUser : text.slice(0, at);
  const { host, port } = splitPort(text.slice(at + 1), text);
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}$/.test(user)) throw wrong(text, `"${user}" is no account name`);
  return { host: readHost(host, text), port, user };
};

/** The inverse of `parseDestination`: always with user and port, IPv6 in brackets. */
export const formatDestination = ({ host, port, user }: Destination): string =>
  `${user}@${host.includes(':') ? `[${host}]` : host}:${port}`;

const splitPort = (text: string, whole: string): { readonly host: string; readonly port: number } => {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed) return { host: bracketed[1] ?? '', port: readPort(bracketed[2], whole) };
  if (isIPv6(text)) return { host: text, port: defaultPort };
  const parts = text.split(':');
  if (parts.length > 2) throw wrong(whole, 'an IPv6 address with a port needs brackets');
  return { host: parts[0] ?? '', port: readPort(parts[1], whole) };
};

const readPort = (text: string | undefined, whole: string): number => {
  if (text === undefined) return defaultPort;
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw wrong(whole, `"${text}" is no port`);
  return port;
};

const readHost = (text: string, whole: string): string => {
  if (isIPv6(text)) return text;
  const ascii = domainToASCII(text);
  // domainToASCII follows the URL standard: what is no host name becomes ''.
  if (!/^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?$/.test(ascii))
    throw wrong(whole, `"${text}" is no host name`);
  return ascii;
};

const wrong = (text: string, why: string): Problem =>
  new Problem(
    'destination',
    `"${text}" does not name a server: ${why}.`,
    'Write [USER@]HOST[:PORT], for example nas.lan, nas.lan:2222 or [fd00::5]:2222.',
  );
