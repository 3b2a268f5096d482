import type { ChildProcess } from 'node:child_process';
import { Duplex, type Writable } from 'node:stream';
import { Problem } from '../problem.ts';
import type { ChildStreams } from './child.ts';
import { socketPair } from './socket-pair.ts';
import { isAtLeast, type ResticVersion } from './version.ts';

/**
 * What stands between a dump and its snapshot: restic takes every end of its input for the dump's end, also the one that the death of
 * this process is, or of the dumping tool. Behind a gate only `open` is an end that makes a snapshot.
 */
export interface Gate extends Disposable {
  /** For `restic backup`, after its own. */
  readonly args: readonly string[];
  readonly streams: Pick<ChildStreams, 'stdin' | 'more'>;
  /** Once restic runs: where the dump is written to. */
  readonly entrance: (child: ChildProcess) => Writable;
  /** The dump is whole, and all of it was written. */
  readonly open: () => void;
  /** It never will be: ends what waits behind it, where that can be said without an end of input. */
  readonly shut: () => void;
}

/** The gate that this restic takes. Throws a Problem 'not-supported' on Windows, which has neither descriptors to hold nor a shell to wait. */
export const gateFor = async (version: ResticVersion, platform = process.platform): Promise<Gate> => {
  if (platform !== 'win32') return isAtLeast(version, 17) ? commandGate() : heldGate();
  throw new Problem(
    'not-supported',
    'On Windows berth cannot stream a dump into restic: a dump that is cut off would look whole.',
    'Back the database up from another machine that reaches it.',
  );
};

/**
 * restic before 0.17: it holds the writing end of its own input itself, as 3, so that our death ends nothing. Only a shutdown does, which
 * acts on the connection and not on one holder of it (shutdown(2)).
 */
const heldGate = async (): Promise<Gate> => {
  const pair = await socketPair();
  return {
    args: ['--stdin'],
    streams: { stdin: pair.theirs, more: [pair.ours] },
    entrance: () => {
      pair.theirs.destroy();
      return pair.ours;
    },
    open: () => void pair.ours.end(),
    shut: () => undefined,
    [Symbol.dispose]: () => pair[Symbol.dispose](),
  };
};

/** `cat` first: the word is read only when the dump's end came, and counts only when cat could copy all of it. */
const waitForTheWord = 'cat <&3 && read -r word <&4 && [ "$word" = whole ]';

/**
 * From 0.17 on restic runs a command for its input, and makes a snapshot only where that ends with 0
 * (https://restic.readthedocs.io/en/stable/040_backup.html#reading-data-from-a-command). Ours copies what we write, and then waits for a
 * word that only we can say. The engine's tool does not run there: it may be in a container, and its secrets stay out of restic's environment.
 */
const commandGate = (): Gate => {
  let dump: Duplex | null = null;
  let word: Duplex | null = null;
  const shut = () => {
    word?.destroy();
    dump?.destroy();
  };
  return {
    args: ['--stdin-from-command', '--', '/bin/sh', '-c', waitForTheWord],
    streams: { more: ['pipe', 'pipe'] },
    entrance: (child) => {
      dump = duplexOf(child, 3);
      word = duplexOf(child, 4);
      word.on('error', () => undefined);
      return dump;
    },
    open: () => {
      dump?.end();
      word?.end('whole\n');
    },
    shut,
    [Symbol.dispose]: shut,
  };
};

const duplexOf = ({ stdio }: ChildProcess, number: 3 | 4): Duplex => {
  const stream = stdio[number];
  if (stream instanceof Duplex) return stream;
  throw new Error(`restic was started without a pipe ${number}`);
};
