import { parseJson } from '@berth/common/parse-json.ts';
import { Problem } from '@berth/common/problem.ts';
import { execa } from 'execa';
import { z } from 'zod';
import type { Mode } from '../accounts/layout.ts';
import { sourceDirectory } from '../session/arguments.ts';
import { type Cell, type Jail, jailWords, nodeWords, sessionFolders } from '../session/jail.ts';
import { linesOf } from '../supervisor/child/lines.ts';
import type { Job } from './job.ts';
import { tell } from './tell.ts';

/** Where jobs run, decided once per server or command: place.ts. */
export interface JobPlace {
  readonly mode: Mode;
  readonly node: string;
  /** The job program, and the data directory, by the paths that a source's UID can walk. */
  readonly program: string;
  readonly dataDir: string;
  readonly jail: Jail;
  /** The process whose mount namespace has those paths; null when they are in our own. */
  readonly enter: number | null;
}

/** A job has read what somebody else wrote, so no more than that is held of one that never ends a line. */
const longestLine = 8 * 1024 ** 2;
const words = z.string().max(10_000);

const answer = z.union([
  z.object({ progress: z.unknown() }).strict(),
  z.object({ result: z.unknown() }).strict(),
  z.object({ problem: z.object({ code: words, happened: words, remedy: words }) }).strict(),
]);

/** What may be otherwise than for work on what a source has stored. */
export interface JobWishes {
  readonly onProgress?: (value: unknown) => void;
  readonly signal?: AbortSignal;
  /** True for work that nobody waits for: backups and restores come first, for the processor and (ioprio_set(2)) the disk. */
  readonly background?: boolean;
  /** Another program of jobs than jobs/main.ts, by the path that the source's UID can walk. */
  readonly program?: string;
  /** What it may reach; what the source's sessions may, where nobody says. */
  readonly cell?: Omit<Cell, 'node' | 'program'>;
  /** Groups it is in beside the source's own; not without root. */
  readonly groups?: readonly number[];
  /** The folder it is told as its own; the source's, where nobody says. */
  readonly directory?: string;
  /** What it is told while it runs: `JobContext.told`. JSON, a line each. */
  readonly told?: AsyncIterable<unknown>;
}

/**
 * Runs a job on a source's files, as that source and behind the same walls as its sessions: root reads nothing that a
 * source wrote. Throws the job's own Problem, or `job-failed` with its last words. The job ends with this process, and
 * is told to stop when `signal` aborts, which gives it ten seconds to come to an end.
 */
export const startJob = async <Arguments extends z.ZodType, Result extends z.ZodType>(
  place: JobPlace,
  source: { readonly name: string; readonly uid: number },
  job: Pick<Job<Arguments, Result>, 'name' | 'args' | 'result'>,
  args: z.input<Arguments>,
  options: JobWishes = {},
): Promise<z.output<Result>> => {
  const { onProgress, signal, background, told } = options;
  const command = jobCommand(place, source, [job.name, JSON.stringify(args)], options);
  const [file = '', ...words] = background === true ? ['nice', '-n', '10', ...command] : command;
  const child = execa(file, words, {
    reject: false,
    ...(signal && { cancelSignal: signal, forceKillAfterDelay: 10_000 }),
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    extendEnv: false,
    stdin: told === undefined ? 'ignore' : 'pipe',
    buffer: { stdout: false },
    maxBuffer: 65_536,
  });
  const telling = told === undefined || child.stdin === null ? null : tell(child.stdin, told);
  let last: z.infer<typeof answer> | null = null;
  for await (const line of linesOf(child.stdout.setEncoding('utf8'), longestLine)) {
    const read = answer.safeParse(line === null ? null : parseJson(line));
    if (!read.success) continue;
    if ('progress' in read.data) onProgress?.(read.data.progress);
    else last = read.data;
  }
  const { stderr, cause } = await child;
  await telling?.end();
  if (last !== null && 'problem' in last) {
    const { code, happened, remedy } = last.problem;
    throw new Problem(code, happened, remedy);
  }
  const result = last !== null && 'result' in last ? job.result.safeParse(last.result) : null;
  if (result?.success) return result.data;
  const said = (stderr ?? '').trim().split('\n').at(-1) ?? '';
  throw new Problem(
    'job-failed',
    `The ${job.name} of ${source.name} failed: ${said || 'no answer'}.`,
    'Look at its folder below the data directory, at the disk, and at the log of the server.',
    { cause },
  );
};

/** The words that start a job: as the source, behind its walls, ending with this process. */
export const jobCommand = (
  { mode, node, program: usual, dataDir, jail, enter }: JobPlace,
  { name, uid }: { readonly name: string; readonly uid: number },
  [job, args]: readonly [name: string, args: string],
  wishes: Pick<JobWishes, 'program' | 'cell' | 'groups' | 'directory'> = {},
): readonly string[] => {
  const { program = usual, groups = [], directory = sourceDirectory(dataDir, name) } = wishes;
  const usualCell = { readable: [], writable: sessionFolders(sourceDirectory(dataDir, name)) };
  const cell: Cell = { ...(wishes.cell ?? usualCell), node, program };
  // A job whose server died would go on unseen, and hold up the next.
  const walls = [...becoming({ mode, enter }, uid, groups), '--no-new-privs', ...jailWords(jail, cell)];
  // SQLite is what Node calls experimental.
  const runtime = [node, '--disable-warning=ExperimentalWarning', ...nodeWords(cell)];
  return [...walls, ...runtime, program, job, '--source', name, '--directory', directory, '--args', args];
};

/**
 * The first words of what a UID is to do where jobs run: as it, in these groups beside its own and no others, and ending with this process.
 * Options of setpriv and a command follow.
 */
export const becoming = (
  { mode, enter }: Pick<JobPlace, 'mode' | 'enter'>,
  uid: number,
  groups: readonly number[] = [],
): readonly string[] => {
  const into = enter === null ? [] : ['nsenter', '--mount', '--root', '--target', String(enter), '--'];
  const others = groups.length === 0 ? '--clear-groups' : `--groups=${groups.join(',')}`;
  const become = mode === 'rootless' ? [] : [`--reuid=${uid}`, `--regid=${uid}`, others];
  return [...into, 'setpriv', '--pdeathsig', 'TERM', ...become];
};
