import type { Home } from '../config/home.ts';
import { type Destination, formatDestination } from '../transport/destination.ts';
import { readPins } from '../transport/known-hosts.ts';
import { writeConfig } from './config.ts';
import type { Conversation } from './conversation.ts';
import { ensureKey, ensurePassword } from './credentials.ts';
import { pinHostKey } from './host-key.ts';
import { initialiseRepository } from './repository.ts';
import { sourceLine, suggestUid } from './source-lines.ts';
import { waitUntilLetIn } from './wait.ts';

/** What happens while a machine enrols, for programs that watch; the last one is 'enrolled' or 'waiting'. */
export type EnrolEvent =
  | { readonly event: 'host-key'; readonly fingerprints: readonly string[] }
  | {
      readonly event: 'paste';
      readonly line: string;
      readonly name: string;
      readonly uid: number;
      readonly key: string;
    }
  | { readonly event: 'let-in' }
  | { readonly event: 'waiting'; readonly next: string }
  | {
      readonly event: 'enrolled';
      readonly repository: 'created' | 'existing';
      readonly config: string;
      readonly password: string;
    };

export interface EnrolArguments {
  readonly destination: Destination;
  /** The source's name in sources.yaml. */
  readonly name: string;
  readonly home: Home;
  /** True where the person named the home, and has to name it to every command. */
  readonly explicitHome: boolean;
  /** The host key's fingerprint, where the person brings it. */
  readonly expectedHostKey: string | null;
  /** What to back up; empty proposes some. */
  readonly paths: readonly string[];
  /** How long to wait for the admin; 0 asks once. */
  readonly timeoutMs: number;
  readonly conversation: Conversation;
  readonly onEvent: (event: EnrolEvent) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes this machine a source, step by step: key and password, the server's host key, the entry for sources.yaml, the wait for the admin,
 * the repository, agent.yaml. Every step keeps what an earlier call made, so after any stop the same command goes on. True when
 * everything is done, false when the admin has not let the machine in yet. Throws `Problem`s.
 */
export const enrol = async (args: EnrolArguments): Promise<boolean> => {
  const { destination, home, conversation } = args;
  const key = await ensureKey(home.key, `berth@${args.name}`);
  const passwordMade = await ensurePassword(home.password);
  if (key.made) conversation.say(`Made a key and a repository password in ${home.directory}.`);
  const pins = await pinHostKey({
    destination,
    knownHosts: home.knownHosts,
    keyFile: home.key,
    expected: args.expectedHostKey,
    conversation,
  });
  args.onEvent({ event: 'host-key', fingerprints: pins.map(({ fingerprint }) => fingerprint) });
  if (!(await becomeLetIn(args, key.privateKey, key.publicKey))) return false;
  args.onEvent({ event: 'let-in' });
  conversation.say(`${formatDestination(destination)} lets this machine in.`);
  const repository = await initialiseRepository({ destination, home, signal: args.signal, passwordMade });
  conversation.say(
    repository === 'created' ? 'Made the repository.' : 'The repository is there already, and the password opens it.',
  );
  conversation.say(configWords[await writeConfig(args)](home.config));
  conversation.say(farewell(home, args.explicitHome));
  args.onEvent({ event: 'enrolled', repository, config: home.config, password: home.password });
  return true;
};

const configWords = {
  written: (path: string) => `Wrote ${path}: what is backed up, and how long it is kept.`,
  kept: (path: string) => `Kept ${path} as it is.`,
  'other-server': (path: string) => `Kept ${path}, but its "server:" is another one: correct it if it should be this.`,
} as const;

const becomeLetIn = async (args: EnrolArguments, privateKey: string, publicKey: string): Promise<boolean> => {
  const { destination, home, conversation, signal } = args;
  const pins = await readPins(home.knownHosts);
  const knock = { destination, pins, privateKey, knownHosts: home.knownHosts, keyFile: home.key, conversation, signal };
  if ((await waitUntilLetIn({ ...knock, knocks: 0, timeoutMs: 0 })) === 'let-in') return true;
  const line = sourceLine(args.name, publicKey);
  args.onEvent({ event: 'paste', line, name: args.name, uid: suggestUid(args.name), key: publicKey });
  conversation.say(pasteHint(line));
  const { timeoutMs } = args;
  if (timeoutMs > 0 && (await waitUntilLetIn({ ...knock, knocks: 1, timeoutMs })) === 'let-in') return true;
  const next = 'When the line is in sources.yaml, run the same command again; it goes on from here.';
  conversation.say(next);
  args.onEvent({ event: 'waiting', next });
  return false;
};

const pasteHint = (line: string): string =>
  `\nOn the server, add this line to sources.yaml, under "sources:":\n\n${line}\n\n` +
  'The uid is a proposal made from the name: any number no other source has will do, but keep it once chosen.\n';

const farewell = ({ directory, password, config }: Home, explicit: boolean): string =>
  `\nKEEP A COPY OF THE PASSWORD somewhere else, in a password manager or on paper: ${password}\n` +
  'Without it nobody can restore anything: the server does not have it.\n\n' +
  `Next: look at ${config}, then run: berth backup${named(explicit, directory)}\n` +
  `After that: berth install${named(explicit, directory)}  (it then runs by itself)`;

const named = (explicit: boolean, directory: string): string => (explicit ? ` --home ${quoted(directory)}` : '');

const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
