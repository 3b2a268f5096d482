import { readFile } from 'node:fs/promises';
import { isErrno } from '@berth/common/errno.ts';
import { formatMoment, type Moment } from '@berth/common/moment.ts';
import { Problem } from '@berth/common/problem.ts';
import type { Destination } from './destination.ts';
import { connectTimeout, explainSshFailure, type FailureContext } from './failure.ts';
import { type HostKey, readPins } from './known-hosts.ts';
import { startMaster } from './master.ts';
import { quoteForRestic, resticOption } from './quote.ts';
import { createRuntime, type Runtime } from './runtime.ts';

/** The files of the agent's home that a connection needs. `Home` has them. */
export interface Credentials {
  readonly key: string;
  readonly knownHosts: string;
}

/** How restic reaches the receiver during one run. Disposing it ends the connection and leaves nothing behind. */
export interface Transport extends AsyncDisposable {
  /** For restic's `-r`. */
  readonly repository: string;
  /** Each for one `-o` of restic, as it stands: already quoted for restic's own reading. */
  readonly options: readonly string[];
}

export interface TransportArguments {
  readonly destination: Destination;
  readonly home: Credentials;
  /** The ssh program; tests and unusual systems name another. */
  readonly ssh?: string;
  /** How long opening the connection may take, name lookup to login. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Shows the source as it was then, read-only. */
  readonly asOf?: Moment | undefined;
}

/**
 * Opens one ssh connection to the receiver that every restic command of a run shares. If it dies on the way, the next restic command opens
 * one of its own: the options say all that needs. Does not retry; throws a `Problem` 'host-key-unknown', 'host-key-changed',
 * 'key-missing', 'key-refused', 'key-exposed', 'server-busy', 'unreachable', 'ssh-missing' or, when
 * `signal` aborts, 'cancelled'.
 */
export const openTransport = async (args: TransportArguments): Promise<Transport> => {
  const { destination, home, ssh = 'ssh', deadlineMs = 45_000 } = args;
  const pins = await requirePins(home, destination);
  const publicKey = await requireKey(home.key);
  const multiplexed = canMultiplex(process.platform);
  await using stack = new AsyncDisposableStack();
  const runtime = stack.use(await createRuntime({ destination, keyFile: home.key, pins, multiplexed }));
  if (multiplexed) {
    const context: FailureContext = {
      destination,
      pins,
      knownHostsFile: home.knownHosts,
      keyFile: home.key,
      publicKey,
    };
    const start = await startMaster(runtime, ssh, deadlineMs, args.signal);
    if (start.kind === 'cancelled')
      throw new Problem('cancelled', 'Stopped while connecting.', 'Run the same command again.');
    if (start.kind === 'timeout') throw connectTimeout(context, `nothing within ${deadlineMs} ms`);
    if (start.kind === 'failed') throw explainStart(start.stderr, ssh, context);
    stack.use(start.master);
  }
  const open = stack.move();
  return {
    repository: `rclone:${remoteCommand(args.asOf)}`,
    options: resticOptions(ssh, runtime),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
};

/** Windows' OpenSSH has no ControlMaster: there each restic command opens a connection of its own, and fails with ssh's own words. */
const canMultiplex = (platform: NodeJS.Platform): boolean => platform !== 'win32';

/** What the session is asked for, letter by letter: the server takes nothing that only looks like it. */
const remoteCommand = (asOf: Moment | undefined): string =>
  asOf === undefined ? 'receive' : `receive --as-of ${formatMoment(asOf)}`;

/**
 * restic appends the remote (what stands behind `rclone:`) to the program's argv as one argument, blanks and all, and with empty args
 * nothing else: ssh sends it as it is, and it is the whole remote command.
 */
const resticOptions = (ssh: string, runtime: Runtime): readonly string[] => [
  resticOption('rclone.program', quoteForRestic([ssh, '-F', runtime.configFile, 'berth'])),
  resticOption('rclone.args', ''),
];

const requirePins = async (home: Credentials, { host }: Destination): Promise<readonly HostKey[]> => {
  const pins = await readPins(home.knownHosts);
  if (pins.length > 0) return pins;
  throw new Problem(
    'host-key-unknown',
    `No host key is pinned in ${home.knownHosts}, so nothing tells ${host} from an impostor.`,
    `Run "berth enroll ${host}" to fetch and confirm it.`,
  );
};

const requireKey = async (key: string): Promise<string | null> => {
  try {
    await readFile(key);
  } catch (error) {
    const why = isErrno(error, 'ENOENT') ? 'is not there' : 'cannot be read by this user';
    throw new Problem(
      'key-missing',
      `The key ${key} ${why}.`,
      'Run "berth enroll" first, or run berth as the user who did.',
      { cause: error },
    );
  }
  return readFile(`${key}.pub`, 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
};

const explainStart = (stderr: string, ssh: string, context: FailureContext): Problem =>
  /: (?:not found|No such file or directory|Permission denied)$/m.test(stderr) &&
  stderr.includes(`${ssh}:`) &&
  !stderr.includes('hostname')
    ? new Problem(
        'ssh-missing',
        `The program ${ssh} could not be started.`,
        'Install OpenSSH\'s client: "apt install openssh-client".',
        { cause: stderr },
      )
    : explainSshFailure(stderr, context);
