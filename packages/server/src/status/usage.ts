import { join } from 'node:path';
import type { Bytes } from '@berth/common/brand.ts';
import { parseJson } from '@berth/common/parse-json.ts';
import { Problem } from '@berth/common/problem.ts';
import { isBytes } from '@berth/common/size.ts';
import { execa } from 'execa';
import { z } from 'zod';
import type { Mode } from '../accounts/layout.ts';
import { formatSessionArguments, sourceDirectory } from '../session/arguments.ts';
import { type Jail, jailWords, nodeWords, sessionFolders } from '../session/jail.ts';
import { privatePaths } from '../supervisor/namespace.ts';
import type { Program } from '../supervisor/program.ts';

const bytes = z.custom<Bytes>((value) => typeof value === 'number' && isBytes(value));
const amount = z.object({ bytes, objects: z.int() });
const usageSchema = z.object({ live: amount, trash: amount });

/** What a source occupies: what its client asked to keep, and what it deleted and the trash still holds. */
export type SourceUsage = z.infer<typeof usageSchema>;

interface Question {
  readonly source: string;
  readonly uid: number;
  readonly mode: Mode;
  readonly dataDir: string;
  /** The supervisor, whose mount namespace has paths that every UID can walk. */
  readonly supervisor: number;
  readonly program: Program;
  readonly jail: Jail;
}

/**
 * Counts a source's journal, as that source and behind the same walls as its sessions: root reads nothing that a
 * source wrote. In private mode it needs the running server's namespace.
 */
export const usageOf = async (question: Question): Promise<SourceUsage> => {
  const [file = '', ...args] = commandFor(question);
  const { failed, stdout, stderr, cause } = await execa(file, args, {
    reject: false,
    timeout: 60_000,
    maxBuffer: 65_536,
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    extendEnv: false,
  });
  const parsed = usageSchema.safeParse(failed ? null : parseJson(stdout));
  if (parsed.success) return parsed.data;
  const words = stderr.trim().split('\n').at(-1) ?? '';
  throw new Problem(
    'usage-unknown',
    `The usage of ${question.source} could not be counted: ${words || 'no answer'}.`,
    'Look at its journal folder, and at the log of the server.',
    { cause },
  );
};

const commandFor = ({ source, uid, mode, dataDir, supervisor, program, jail }: Question): readonly string[] => {
  const places = mode === 'private' ? privatePaths(program) : { ...program, data: dataDir };
  const enter = mode === 'private' ? ['nsenter', '--mount', '--root', '--target', String(supervisor), '--'] : [];
  const become = mode === 'rootless' ? [] : [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const session = formatSessionArguments({
    source,
    key: 'none',
    dataDir: places.data,
    controlSocket: join('/nonexistent', source),
    quotaBytes: null,
  });
  const { node, session: file } = places;
  const cell = { node, program: file, readable: [], writable: sessionFolders(sourceDirectory(places.data, source)) };
  const walls = ['setpriv', ...become, '--no-new-privs', ...jailWords(jail, cell)];
  return [...enter, ...walls, node, ...nodeWords(cell), file, 'usage', ...session];
};
