import { mkdtempSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '@berth/common/parse-json.ts';
import { Problem } from '@berth/common/problem.ts';
import { execa } from 'execa';
import { type Ask, type FromMonitor, fromMonitorSchema, type ToMonitor } from '../../monitor/link.ts';
import { childEnvironment } from '../child/child.ts';
import { lineOf } from '../child/lines.ts';
import { privatePaths } from '../namespace.ts';
import type { Program } from '../program.ts';
import type { ServerState } from '../state.ts';
import { monitorCommand, monitorPlace } from './command.ts';
import { type Look, lookAt } from './network.ts';

export type Answer = Extract<FromMonitor, { type: 'answer' }>['answer'];

export interface AskOptions {
  readonly dataDir: string;
  readonly program: Program;
  /** What the server, or the last one, recorded. */
  readonly state: ServerState;
  readonly up: boolean;
}

/** A mail that is sent to a server that hangs takes half a minute. */
const longestMs = 180_000;

/**
 * Tells a monitor of its own everything and asks it one question, behind the same walls as the server's, which it does not
 * disturb. Throws the Problem that it answers with, and `monitor-failed` where it does not answer.
 */
export const askMonitor = async (
  options: AskOptions,
  told: readonly ToMonitor[],
  ask: Ask,
): Promise<Exclude<Answer, { kind: 'failed' }>> => {
  using place = placeFor(options);
  const [file = '', ...words] = place.command;
  const lines = [...told, { type: 'ask', ask }].map(lineOf);
  const { stdout, stderr, cause } = await execa(file, words, {
    reject: false,
    timeout: longestMs,
    cwd: '/',
    env: { ...childEnvironment, BERTH_LOG_LEVEL: 'error' },
    extendEnv: false,
    input: lines.join(''),
  });
  const answer = stdout
    .split('\n')
    .flatMap((line) => answerIn(line))
    .at(-1);
  if (answer === undefined) {
    const said =
      stderr
        .trim()
        .split('\n')
        .find((line) => /^\w*Error\b|^setpriv: |^mount: /.test(line)) ?? stderr.trim();
    throw new Problem(
      'monitor-failed',
      `The monitor did not answer: ${said.slice(0, 500) || 'it said nothing'}.`,
      'Type it as root; see that everyone may read the program of the server.',
      { cause },
    );
  }
  if (answer.kind === 'failed') throw new Problem(answer.code, answer.message, answer.remedy);
  return answer;
};

const answerIn = (line: string): readonly Answer[] => {
  const read = fromMonitorSchema.safeParse(parseJson(line));
  return read.success && read.data.type === 'answer' ? [read.data.answer] : [];
};

interface OncePlace extends Disposable {
  readonly command: readonly string[];
}

const placeFor = (options: AskOptions): OncePlace => {
  if (options.state.mode !== 'private') return besideServer(options);
  return options.up ? insideServer(options) : onItsOwn(options);
};

/** Where everyone reaches everything by the paths that it has. */
const besideServer = ({ dataDir, program, state: { mode, jail } }: AskOptions): OncePlace => ({
  command: monitorCommand(monitorPlace({ mode, jail, program, dataDir }), { isOnce: true }),
  [Symbol.dispose]: () => undefined,
});

/** In the mount namespace of the server that runs. */
const insideServer = ({ program, state: { mode, jail, pid } }: AskOptions): OncePlace => {
  const { data, ...reached } = privatePaths(program);
  const look: Look = (path) => lookAt(join(`/proc/${pid}/root`, path));
  const command = monitorCommand(monitorPlace({ mode, jail, program: reached, dataDir: data }), { isOnce: true, look });
  return {
    command: ['nsenter', '--mount', '--root', '--target', String(pid), '--', ...command],
    [Symbol.dispose]: () => undefined,
  };
};

/** In a mount namespace that is gone with it: the data and the program are shown where its user can walk to, read-only. */
const onItsOwn = ({ dataDir, program, state: { mode, jail } }: AskOptions): OncePlace => {
  const place = mkdtempSync('/run/berth-once-');
  const { data, ...reached } = privatePaths(program, place);
  const look: Look = (path) => lookAt(path.startsWith(`${data}/`) ? join(dataDir, path.slice(data.length)) : path);
  const command = monitorCommand(monitorPlace({ mode, jail, program: reached, dataDir: data }), { isOnce: true, look });
  const folders = program.folders.map((folder) => [join(program.root, folder), join(place, 'program', folder)]);
  const binds = [[dataDir, data], ...folders].flat();
  return {
    command: [
      ...['unshare', '--mount', '--propagation', 'private', 'sh', '-euc', ownNamespace, 'sh'],
      ...[place, program.node, String(binds.length / 2), ...binds, ...command],
    ],
    [Symbol.dispose]: () => rmdirSync(place),
  };
};

const ownNamespace = `
place=$1 node=$2 folders=$3
shift 3
mount -t tmpfs -o mode=0755,nosuid,nodev berth "$place"
: > "$place/node"
mount -o bind,ro,nosuid,nodev "$node" "$place/node"
while [ "$folders" -gt 0 ]; do
  mkdir -p "$2"
  mount -o bind,ro,nosuid,nodev "$1" "$2"
  folders=$((folders - 1))
  shift 2
done
exec "$@"
`;
