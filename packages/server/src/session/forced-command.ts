import type { Fingerprint } from '@berth/common/brand.ts';
import type { Source } from '../sources/source.ts';
import { formatSessionArguments, sourceDirectory } from './arguments.ts';
import { type Jail, jailWords, nodeWords, sessionFolders } from './jail.ts';

interface Session {
  readonly node: string;
  /** The session program: `session/main.ts` of a clone, or the bundled file. */
  readonly program: string;
  readonly source: Source;
  readonly key: Fingerprint;
  readonly dataDir: string;
  readonly controlSocket: string;
  readonly jail: Jail;
}

/** What stands for a key where a phone's restic comes in by its door: it logs in to nothing. */
export const noKey = 'door';

/**
 * The command that sshd runs for every login with `key`, whatever the client asked for: the session program without a
 * way to gain privileges, under Landlock where there is one, and with Node's permission model, both allowing it its own
 * code and its source's folders only. The coordinator's socket needs no rule: neither looks at connections.
 * `--source` and `--key` stand in it for all to see, because the supervisor finds sessions to end by them.
 */
export const forcedCommand = (session: Session): readonly string[] => ['exec', 'setpriv', ...sessionWords(session)];

/** What setpriv is told for the same session, by whomever it is started. */
export const sessionWords = (
  session: Omit<Session, 'key'> & { readonly key: Fingerprint | typeof noKey },
): readonly string[] => {
  const { node, program, source, key, dataDir, controlSocket, jail } = session;
  const cell = { node, program, readable: [], writable: sessionFolders(sourceDirectory(dataDir, source.name)) };
  return [
    '--no-new-privs',
    ...jailWords(jail, cell),
    node,
    // The bytes of uploads are young garbage: collected at every 2 MiB instead of 32, which costs no measurable time.
    '--max-semi-space-size=1',
    ...nodeWords(cell),
    program,
    ...formatSessionArguments({
      source: source.name,
      key,
      dataDir,
      controlSocket,
      quotaBytes: source.quotaBytes,
      floorBytes: source.floorBytes,
    }),
  ];
};
