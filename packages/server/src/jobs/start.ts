import { parseJson } from '@berth/common/parse-json.ts';
import { Problem } from '@berth/common/problem.ts';
import { execa } from 'execa';
import { z } from 'zod';
import type { Mode } from '../accounts/layout.ts';
import { sourceDirectory } from '../session/arguments.ts';
import { type Jail, jailWords, nodeWords, sessionFolders } from '../session/jail.ts';
import type { Job } from './job.ts';

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

const answer = z.union([
  z.object({ progress: z.unknown() }).strict(),
  z.object({ result: z.unknown() }).strict(),
  z.object({ problem: z.object({ code: z.string(), happened: z.string(), remedy: z.string() }) }).strict(),
]);

/**
 * Runs a job on a source's files, as that source and behind the same walls as its sessions: root reads nothing that a
 * source wrote. Throws the job's own Problem, or `job-failed` with its last words. The job ends with this process, and
 * is told to stop when `signal` aborts, which gives it ten seconds to come to an end.
 */
export const startJob = async <Arguments extends z.ZodType, Result extends z.ZodType>(
  place: JobPlace,
  source: { readonly name: string; readonly uid: number },
  job: Job<Arguments, Result>,
  args: z.input<Arguments>,
  options: {
    readonly onProgress?: (value: unknown) => void;
    readonly signal?: AbortSignal;
    /** True for work that nobody waits for: backups and restores come first, for the processor and (ioprio_set(2)) the disk. */
    readonly background?: boolean;
  } = {},
): Promise<z.output<Result>> => {
  const { onProgress, signal, background } = options;
  const command = commandFor(place, source, job.name, JSON.stringify(args));
  const [file = '', ...words] = background === true ? ['nice', '-n', '10', ...command] : command;
  const child = execa(file, words, {
    reject: false,
    ...(signal && { cancelSignal: signal, forceKillAfterDelay: 10_000 }),
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    extendEnv: false,
    stdin: 'ignore',
    buffer: { stdout: false },
    maxBuffer: 65_536,
  });
  let last: z.infer<typeof answer> | null = null;
  for await (const line of child.iterable()) {
    const read = answer.safeParse(parseJson(String(line)));
    if (!read.success) continue;
    if ('progress' in read.data) onProgress?.(read.data.progress);
    else last = read.data;
  }
  const { stderr, cause } = await child;
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

const commandFor = (
  { mode, node, program, dataDir, jail, enter }: JobPlace,
  { name, uid }: { readonly name: string; readonly uid: number },
  job: string,
  args: string,
): readonly string[] => {
  const directory = sourceDirectory(dataDir, name);
  const cell = { node, program, readable: [], writable: sessionFolders(directory) };
  const into = enter === null ? [] : ['nsenter', '--mount', '--root', '--target', String(enter), '--'];
  const become = mode === 'rootless' ? [] : [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  // A job whose server died would go on unseen, and hold up the next.
  const walls = ['setpriv', '--pdeathsig', 'TERM', ...become, '--no-new-privs', ...jailWords(jail, cell)];
  const words = [job, '--source', name, '--directory', directory, '--args', args];
  return [...into, ...walls, node, ...nodeWords(cell), program, ...words];
};
