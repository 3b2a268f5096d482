import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { Problem } from '@berth/common/problem.ts';

/** Where an agent keeps what is its own. All paths are absolute; nothing of it needs to exist. */
export interface Home {
  /** The person's folder: agent.yaml, the key, the pinned host key, the repository password. */
  readonly directory: string;
  readonly config: string;
  readonly key: string;
  readonly knownHosts: string;
  readonly password: string;
  /** The program's folder: what runs write. */
  readonly state: string;
  readonly reports: string;
  readonly lock: string;
  readonly cache: string;
  /** When prune and check last succeeded. */
  readonly ledger: string;
  /** What must be put right if a run does not end by itself: recover/state-file.ts. */
  readonly unfinished: string;
  /** When the server wants runs of this machine, as it last said: run/assignment.ts. */
  readonly assignment: string;
  /** Reports that the server does not have yet, and those it did not take: run/outbox.ts. */
  readonly outbox: string;
  readonly refused: string;
}

/**
 * Where the home is: root's in /etc/berth and /var/lib/berth, everyone else's where the XDG Base Directory Specification
 * says. With an explicit `directory` (`--home`) everything lies in it, so that two agents can live on one machine.
 * Touches nothing on disk. Throws a Problem 'home-unknown' when the person has no home directory.
 */
export const homeOf = ({
  directory,
  env,
  uid,
}: {
  readonly directory?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
}): Home => {
  if (directory !== undefined) return layout(resolve(directory), join(resolve(directory), 'state'));
  if (uid === 0) return layout('/etc/berth', '/var/lib/berth');
  return layout(
    join(xdg(env, 'XDG_CONFIG_HOME', '.config'), 'berth'),
    join(xdg(env, 'XDG_STATE_HOME', '.local/state'), 'berth'),
  );
};

const layout = (directory: string, state: string): Home => ({
  directory,
  config: join(directory, 'agent.yaml'),
  key: join(directory, 'id_ed25519'),
  knownHosts: join(directory, 'known_hosts'),
  password: join(directory, 'password'),
  state,
  reports: join(state, 'reports'),
  lock: join(state, 'lock'),
  cache: join(state, 'cache'),
  ledger: join(state, 'ledger.json'),
  unfinished: join(state, 'unfinished.json'),
  assignment: join(state, 'assignment.json'),
  outbox: join(state, 'outbox'),
  refused: join(state, 'refused'),
});

/** The specification says that a relative path in these variables is to be ignored. */
const xdg = (env: Readonly<Record<string, string | undefined>>, name: string, fallback: string): string => {
  const named = env[name];
  return named?.startsWith('/') ? named : join(personal(env), fallback);
};

const personal = (env: Readonly<Record<string, string | undefined>>): string => {
  const home = env['HOME'] ?? homedir();
  if (home.startsWith('/') || process.platform === 'win32') return home;
  throw new Problem(
    'home-unknown',
    'This user has no home directory.',
    'Name a folder of your own: berth --home DIR …',
  );
};
