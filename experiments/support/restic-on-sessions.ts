import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { quoteForRestic } from '../../packages/agent/src/transport/quote.ts';
import type { SourceOfSessions } from './session.ts';

/** restic with its own words in front; `asOf` is a moment as `receive --as-of` takes it, or null for now. */
export type ResticOnSessions = (
  asOf: string | null,
  words: readonly string[],
  options?: Pick<Options, 'timeout' | 'killSignal'>,
) => Promise<{ readonly exitCode: number | undefined; readonly all: string }>;

/**
 * The machine's restic, each command on a session of `source` of its own, as ssh would start it. Its files are in
 * `folder`. Never rejects for what restic does.
 */
export const resticOnSessions = async (
  folder: string,
  source: SourceOfSessions,
  signal: AbortSignal,
): Promise<ResticOnSessions> => {
  const session = join(folder, 'session');
  const command = source.command.map((word) => `'${word}'`).join(' ');
  await writeFile(session, `#!/bin/sh\nexport SSH_ORIGINAL_COMMAND="$*"\nexec ${command}\n`, { mode: 0o755 });
  const password = join(folder, 'password');
  await writeFile(password, 'correct horse\n', { mode: 0o600 });
  const program = ['-o', `rclone.program=${quoteForRestic([session])}`, '-o', 'rclone.args='];
  const always = [...program, '--password-file', password, '--no-cache'];
  return async (asOf, words, options = {}) => {
    const remote = asOf === null ? ['-r', 'rclone:receive'] : ['-r', `rclone:receive --as-of ${asOf}`, '--no-lock'];
    const leash = ['--pdeathsig', 'KILL', 'restic'];
    const { exitCode, all = '' } = await execa('setpriv', [...leash, ...always, ...remote, ...words], {
      ...{ cancelSignal: signal, cwd: folder, timeout: 300_000, reject: false, all: true, stdin: 'ignore' },
      ...options,
    });
    signal.throwIfAborted();
    return { exitCode, all: String(all) };
  };
};
