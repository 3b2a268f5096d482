import { Problem } from '@berth/common/problem.ts';
import { execa } from 'execa';

/** How a program of the system ended: its whole output, at most 64 MiB. `code` is null when a signal or its time ended it. */
export interface ExecEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of the system to its end. Throws 'tool-missing'; an aborted one ends with `code` null. */
export type Exec = (argv: readonly [string, ...string[]], signal: AbortSignal, timeoutMs?: number) => Promise<ExecEnd>;

/** The real one. The program speaks English, asks nothing, and does not hear the Ctrl-C of a terminal, which is berth's to pass on. */
export const execOn =
  (env: NodeJS.ProcessEnv): Exec =>
  async ([program, ...args], signal, timeoutMs = 60_000) => {
    if (signal.aborted) return { code: null, stdout: '', stderr: 'stopped' };
    const end = await execa(program, args, {
      env: {
        ...env,
        LC_ALL: 'C.UTF-8',
        // Tools of file systems lie in folders that a person's PATH leaves out.
        PATH: `${env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'}:/usr/local/sbin:/usr/sbin:/sbin`,
      },
      ...{ extendEnv: false, stdin: 'ignore', reject: false, detached: true, stripFinalNewline: false },
      ...{ cancelSignal: signal, timeout: timeoutMs, forceKillAfterDelay: 5_000, maxBuffer: 64 * 1024 * 1024 },
    });
    if (end.code === 'ENOENT') {
      throw new Problem('tool-missing', `The program ${program} is not installed here.`, `Install ${program}.`);
    }
    return { code: end.exitCode ?? null, stdout: end.stdout, stderr: end.stderr };
  };

/** The last line a program said, for people. */
export const lastWords = ({ stdout, stderr, code }: ExecEnd): string => {
  const lines = (stderr.trim() === '' ? stdout : stderr).trim().split('\n');
  return (lines.at(-1) || (code === null ? 'it was ended' : `exit code ${code}`))
    .replace(/\p{Cc}/gu, ' ')
    .slice(0, 300);
};
