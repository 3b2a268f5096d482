import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { findLeash } from '@berth/common/restic/leash.ts';
import { openRestic, type Restic } from '@berth/common/restic/restic.ts';
import { type Failed, isDone, type ResticResult } from '@berth/common/restic/result.ts';
import type { Home } from '../config/home.ts';
import type { AsOf } from '../past/as-of.ts';
import { explainPast } from '../past/explain.ts';
import { type Destination, formatDestination } from './destination.ts';
import { openTransport } from './transport.ts';

/** A repository within reach: restic, joined to one connection. Disposing it ends the connection. */
export interface Repository extends AsyncDisposable {
  readonly restic: Restic;
}

/** Connects and finds restic. Throws the `Problem`s of `openTransport` and of `openRestic`. Whether a repository is there is not asked. */
export const openRepository = async (args: {
  readonly destination: Destination;
  readonly home: Home;
  /** The cache of the home unless another user, root in a restore, must not leave files in it. */
  readonly cacheDirectory?: string;
  /** As it was then: restic takes no lock, and has a cache of its own, which goes with the connection. */
  readonly asOf?: AsOf | null;
  readonly limits?: { readonly uploadKiB?: number | null; readonly downloadKiB?: number | null };
  readonly signal?: AbortSignal;
}): Promise<Repository> => {
  const { destination, home, limits, signal, asOf = null } = args;
  await using stack = new AsyncDisposableStack();
  const transport = stack.use(
    await openTransport({ destination, home, ...(signal && { signal }), asOf: asOf?.moment }),
  );
  const restic = await openRestic({
    repository: transport.repository,
    options: transport.options,
    passwordFile: home.password,
    // What is cached of the past would mislead the next backup, and the other way round.
    cacheDirectory: asOf === null ? (args.cacheDirectory ?? home.cache) : stack.use(await temporaryCache()).path,
    env: process.env,
    noLock: asOf !== null,
    leash: await findLeash(process.env),
    ...(limits && { limits }),
  });
  const open = stack.move();
  return { restic, [Symbol.asyncDispose]: () => open.disposeAsync() };
};

/** A cache for one command, gone when disposed. */
export const temporaryCache = async (): Promise<{ readonly path: string } & AsyncDisposable> => {
  const path = await mkdtemp(join(tmpdir(), 'berth-cache-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
};

/** The value of a restic command, or the `Problem` it came to. Incomplete results pass: the caller says what was left out. */
export const answerOf = <Value>(
  result: ResticResult<Value>,
  doing: string,
  destination: Destination,
  home: Home,
  asOf: AsOf | null = null,
): Value => {
  if (isDone(result)) return result.value;
  throw explainRestic(result, doing, destination, home, asOf);
};

/** What a failed restic command means for a person. The code is the failure's kind, or 'server-too-old' for the past. */
export const explainRestic = (
  result: Failed,
  doing: string,
  destination: Destination,
  home: Home,
  asOf: AsOf | null = null,
): Problem => {
  const past = asOf === null ? null : explainPast(result, asOf, destination);
  if (past !== null) return past;
  const server = formatDestination(destination);
  const words = result.words.slice(-3).join(' ');
  const cause = result.words.join('\n');
  const problem = (happened: string, remedy: string): Problem => new Problem(result.kind, happened, remedy, { cause });
  switch (result.kind) {
    case 'no-repository':
      return problem(`${server} has no repository of this source.`, 'Run "berth enroll" again; it makes one.');
    case 'wrong-password':
      return problem(
        `The password in ${home.password} does not open the repository at ${server}.`,
        'Put back the password that was written down when this machine was enrolled.',
      );
    case 'locked':
      return problem(
        `The repository is locked: ${words}.`,
        'Wait until the other run has ended; the server removes locks that dead connections left.',
      );
    case 'connection-cut':
      return problem(
        `The connection to ${server} was cut: ${words}.`,
        'Try again; what was transferred is not transferred twice.',
      );
    case 'no-snapshot':
      return problem('There is no such snapshot.', 'Run "berth snapshots" for those there are.');
    case 'cancelled':
      return problem('Stopped.', 'Run the same command to go on.');
    case 'damaged':
      return problem(
        `The repository is damaged: ${words}.`,
        'Tell the admin of the server: "berth-server status" there. Do not remove anything.',
      );
    case 'out-of-space':
      return problem(`${server} has no room: ${words}.`, "The admin can raise this source's quota or add a disk.");
    default:
      return problem(
        `${doing} failed: ${words || `restic ended with code ${result.exitCode}`}.`,
        'Run "berth doctor"; it looks at each part.',
      );
  }
};
