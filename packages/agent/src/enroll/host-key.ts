import { Problem } from '@berth/common/problem.ts';
import { fetchHostKey } from '../server/connect.ts';
import { type Destination, formatDestination } from '../transport/destination.ts';
import { hostKeyChanged } from '../transport/failure.ts';
import { type HostKey, knownHostsLine, readPins } from '../transport/known-hosts.ts';
import type { Conversation } from './conversation.ts';
import { writeNew } from './write-new.ts';

/**
 * Sees to it that a host key is pinned, and says which. One that is pinned already stays: a server that shows another is refused.
 * A new one is pinned when its fingerprint equals `expected`, or when the person says so; a program that runs without a
 * person must bring the fingerprint.
 */
export const pinHostKey = async (args: {
  readonly destination: Destination;
  readonly knownHosts: string;
  readonly keyFile: string;
  readonly expected: string | null;
  readonly conversation: Conversation;
}): Promise<readonly HostKey[]> => {
  const { destination, knownHosts, expected } = args;
  const pins = await readPins(knownHosts);
  const shown = await fetch(destination);
  const context = { destination, pins, knownHostsFile: knownHosts, keyFile: args.keyFile, publicKey: null };
  if (pins.length > 0) {
    if (!pins.some(({ blob }) => blob === shown.blob)) throw hostKeyChanged(shown.fingerprint, context);
    if (expected !== null && expected !== shown.fingerprint) throw notExpected(expected, shown);
    return pins;
  }
  if (expected !== null && expected !== shown.fingerprint) throw notExpected(expected, shown);
  if (expected === null) await confirm(args.conversation, destination, shown);
  await writeNew(
    knownHosts,
    `# The server's host key. Whoever cannot prove it is not talked to.\n${knownHostsLine(destination, shown)}\n`,
    0o600,
  );
  return readPins(knownHosts);
};

const fetch = async (destination: Destination): Promise<HostKey> => {
  const answer = await fetchHostKey(destination, 15_000);
  if (answer.kind === 'shown') return answer.hostKey;
  throw new Problem(
    answer.kind === 'busy' ? 'server-busy' : 'unreachable',
    `${formatDestination(destination)} shows no host key: ${answer.detail}.`,
    'Check that HOST and PORT name the berth receiver and that it runs ("berth-server status" there); berth uses port 2222 unless told otherwise.',
  );
};

const confirm = async (conversation: Conversation, { host, port }: Destination, shown: HostKey): Promise<void> => {
  conversation.say(`The server at ${host} port ${port} shows this ${shown.type} host key:\n\n  ${shown.fingerprint}\n`);
  conversation.say('Compare it with what "berth-server status" says on the server itself.');
  const answer = await conversation.ask('Is it the same? Type yes, or the fingerprint: ');
  if (answer === null) {
    throw new Problem(
      'host-key-unconfirmed',
      'The host key is not known yet, and there is no terminal to confirm it.',
      `Get the fingerprint on the server with "berth-server status", and add --host-key SHA256:… (the server that answered here shows ${shown.fingerprint}).`,
    );
  }
  if (answer.toLowerCase() === 'yes' || answer === shown.fingerprint || `SHA256:${answer}` === shown.fingerprint)
    return;
  throw new Problem(
    'host-key-unconfirmed',
    'The host key was not confirmed; nothing was pinned.',
    'Find out which server answers there, then run "berth enroll" again.',
  );
};

const notExpected = (expected: string, shown: HostKey): Problem =>
  new Problem(
    'host-key-changed',
    `The server shows ${shown.fingerprint}, not the expected ${expected}. Nothing was sent.`,
    'Compare both with "berth-server status" on the server; if that says another than the one shown, something stands in between.',
  );
