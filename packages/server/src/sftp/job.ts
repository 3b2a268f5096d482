import { parseJson } from '@berth/common/parse-json.ts';
import { Problem } from '@berth/common/problem.ts';
import { execa } from 'execa';
import { sourceDirectory } from '../session/arguments.ts';
import { type Jail, jailWords, nodeWords } from '../session/jail.ts';
import type { Source } from '../sources/source.ts';
import { formatKeepArguments } from './arguments.ts';
import { sftpPaths } from './paths.ts';
import { type PassReport, passReport } from './report.ts';

interface Place {
  readonly node: string;
  readonly session: string;
  /** By the path that the source's UID can walk. */
  readonly dataDir: string;
  readonly jail: Jail;
}

/** A tree of a million files takes minutes; one that takes longer than this is on a disk that does not answer. */
const deadlineMs = 3_600_000;

/**
 * Runs one pass over an SFTP source, as that source and in a jail that can read its files and write its copies: root
 * never opens what a source wrote. Throws `sftp-pass` with the program's own words; ends it when `signal` aborts.
 */
export const runPass = async (
  place: Place,
  source: Source,
  settleMs: number,
  signal: AbortSignal,
): Promise<PassReport> => {
  const { node, session, dataDir, jail } = place;
  const { files, kept } = sftpPaths(sourceDirectory(dataDir, source.name));
  const cell = { node, program: session, readable: [files], writable: [kept] };
  const become = [`--reuid=${source.uid}`, `--regid=${source.uid}`, '--clear-groups', '--no-new-privs'];
  const { protectMs, immutable } = source;
  const words = formatKeepArguments({ files, kept, protectMs, settleMs, immutable });
  const command = [...become, ...jailWords(jail, cell), node, ...nodeWords(cell), session, 'keep', ...words];
  const { failed, stdout, stderr, cause } = await execa('setpriv', ['--pdeathsig', 'KILL', ...command], {
    reject: false,
    timeout: deadlineMs,
    cancelSignal: signal,
    maxBuffer: 65_536,
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    extendEnv: false,
  });
  const parsed = passReport.safeParse(failed ? null : parseJson(stdout));
  if (parsed.success) return parsed.data;
  const said = (stderr ?? '').trim().split('\n').at(-1) ?? '';
  throw new Problem(
    'sftp-pass',
    `The files of ${source.name} could not be looked at: ${said || 'no answer'}.`,
    `Look at ${files} and at the disk.`,
    { cause },
  );
};
