import { dirname, join, resolve } from 'node:path';
import type { Fingerprint } from '@berth/common/brand.ts';
import type { Source } from '../sources/source.ts';
import { formatSessionArguments, sourceDirectory } from './arguments.ts';

/**
 * The command that sshd runs for every login with `key`, whatever the client asked for: the session program without a
 * way to gain privileges, and with Node's permission model allowing it its own code and its source's folders only.
 * `--source` and `--key` stand in it for all to see, because the supervisor finds sessions to end by them.
 */
export const forcedCommand = (args: {
  readonly node: string;
  /** The session program: `session/main.ts` of a clone, or the bundled file. */
  readonly program: string;
  readonly source: Source;
  readonly key: Fingerprint;
  readonly dataDir: string;
  readonly controlSocket: string;
}): readonly string[] => {
  const { node, program, source, key, dataDir, controlSocket } = args;
  const directory = sourceDirectory(dataDir, source.name);
  return [
    'exec',
    'setpriv',
    '--no-new-privs',
    node,
    ...permissions(program, directory),
    program,
    ...formatSessionArguments({
      source: source.name,
      key,
      dataDir,
      controlSocket,
      quotaBytes: source.quotaBytes,
    }),
  ];
};

/** Node's flags for a program that may touch nothing but its source's own folders. */
export const permissions = (program: string, directory: string): readonly string[] => [
  '--permission',
  `--allow-fs-read=${codeFolder(program)}/`,
  ...['repo', 'trash', 'journal', 'incoming'].flatMap((folder) => [
    `--allow-fs-read=${join(directory, folder)}`,
    `--allow-fs-write=${join(directory, folder)}`,
  ]),
];

/** A clone's program reads its modules from all over the clone; a bundle is one file. */
const codeFolder = (program: string): string =>
  program.endsWith('.ts') ? resolve(dirname(program), '../../../..') : dirname(program);
