import { Problem } from '@berth/common/problem.ts';
import { type Destination, formatDestination } from './destination.ts';
import type { HostKey } from './known-hosts.ts';

/** What a failed connection is explained with. `publicKey` is the agent's own line, `type base64`, where it is known. */
export interface FailureContext {
  readonly destination: Destination;
  readonly pins: readonly HostKey[];
  readonly knownHostsFile: string;
  readonly keyFile: string;
  readonly publicKey: string | null;
}

/**
 * The `Problem` behind what ssh wrote before it gave up. Codes: 'host-key-changed', 'key-refused', 'key-exposed', 'server-busy',
 * 'unreachable'. Texts: OpenSSH 8.4 to 10, client messages, English (see `ssh-environment.ts`).
 */
export const explainSshFailure = (stderr: string, context: FailureContext): Problem => {
  const words = lastWords(stderr);
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed/.test(stderr)) {
    return hostKeyChanged(/SHA256:[A-Za-z0-9+/]{43}/.exec(stderr)?.[0] ?? null, context);
  }
  if (/no matching host key type found/i.test(stderr)) return hostKeyChanged(null, context);
  if (/UNPROTECTED PRIVATE KEY FILE|bad permissions/i.test(stderr)) return keyExposed(context);
  if (/Permission denied \(|Too many authentication failures/.test(stderr)) return keyRefused(context);
  if (/Could not resolve hostname|Name or service not known|nodename nor servname/i.test(stderr)) {
    return unreachable(context, `the name "${context.destination.host}" is not known here`, nameRemedy, stderr);
  }
  if (/Connection refused/i.test(stderr)) return unreachable(context, 'nothing listens there', portRemedy, stderr);
  if (/timed out|timeout/i.test(stderr)) return connectTimeout(context, stderr);
  if (/No route to host|Network is unreachable|Host is down/i.test(stderr)) {
    return unreachable(context, 'there is no way to it from this network', networkRemedy, stderr);
  }
  if (
    /Not allowed at this time|(?:Connection (?:closed|reset) by|kex_exchange_identification|Exceeded MaxStartups)/i.test(
      stderr,
    )
  ) {
    return serverBusy(context, stderr);
  }
  return unreachable(context, words === '' ? 'ssh gave no reason' : `ssh says: ${words}`, networkRemedy, stderr);
};

/** The server proves another key than the pinned one. `offered` is that key's fingerprint, null where the server has none of the pinned type. */
export const hostKeyChanged = (
  offered: string | null,
  { destination, pins, knownHostsFile }: FailureContext,
): Problem =>
  new Problem(
    'host-key-changed',
    `${formatDestination(destination)} is not the server you enrolled with: pinned is ${pins.map((pin) => pin.fingerprint).join(' or ')}, ` +
      `but it shows ${offered ?? 'a key of another type'}. Nothing was sent.`,
    'Either the server was set up anew or someone stands in between. On the server run "berth-server status" and compare the host key. ' +
      `Only if it is the one shown here, remove ${knownHostsFile} and run "berth enroll" again; it keeps your key and password.`,
  );

/** The server does not know our key. */
export const keyRefused = ({ destination, publicKey, keyFile }: FailureContext): Problem =>
  new Problem(
    'key-refused',
    `${formatDestination(destination)} does not let this machine in: it does not know the key, or not for "${destination.user}".`,
    `Check in sources.yaml on the server that "${destination.user}" has this key: ${publicKey ?? `(the content of ${keyFile}.pub)`}`,
  );

/** The connection could not be opened in time. */
export const connectTimeout = (context: FailureContext, detail: string): Problem =>
  unreachable(context, 'it does not answer', networkRemedy, detail);

const keyExposed = ({ keyFile }: FailureContext): Problem =>
  new Problem(
    'key-exposed',
    `ssh does not use ${keyFile}, because others on this machine can read it.`,
    `Run: chmod 600 ${keyFile}. If others may have read it, make a new key: remove it and run "berth enroll" again.`,
  );

const serverBusy = ({ destination }: FailureContext, detail: string): Problem =>
  new Problem(
    'server-busy',
    `${formatDestination(destination)} closed the connection before the login: it has too many connections, or holds off this address for a while.`,
    "Try again in a few minutes; the backup does so by itself. If it stays, read the server's log.",
    { cause: detail },
  );

const unreachable = ({ destination }: FailureContext, why: string, remedy: string, detail: string): Problem =>
  new Problem('unreachable', `${formatDestination(destination)} cannot be reached: ${why}.`, remedy, { cause: detail });

const nameRemedy = 'Check the name in "server:" of agent.yaml, or use the address.';
const portRemedy =
  'Check that the server runs ("berth-server status" there) and that the port is right; berth uses 2222 unless told otherwise.';
const networkRemedy = 'Check that this machine is in the right network and that the server is on.';

const lastWords = (stderr: string): string =>
  stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('@'))
    .slice(-2)
    .join(' ')
    .slice(0, 300);
