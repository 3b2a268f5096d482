import type { ServerConfig } from '../sources/source.ts';
import { readSecretFile, type SecretFile } from './secret.ts';
import { type Surroundings, settingsOf } from './settings-of.ts';

/** What is wrong with a secret's file. The server goes on without what needs it. */
export interface SecretFinding {
  readonly code: 'channel-broken' | 'ping-broken' | 'page-broken' | 'secret-open';
  /** What can not be used: a channel, a ping or the page; of a warning the file. */
  readonly name: string;
  readonly message: string;
  readonly remedy: string;
}

/** The secrets that `config` names as they are on the disk now: those that are missing, and those that others can read. */
export const secretFindings = (
  config: ServerConfig,
  surroundings: Surroundings,
): { readonly errors: readonly SecretFinding[]; readonly warnings: readonly SecretFinding[] } => {
  const files = new Map<string, SecretFile>();
  const read = (path: string): SecretFile => {
    const file = (surroundings.read ?? readSecretFile)(path);
    files.set(path, file);
    return file;
  };
  const { broken } = settingsOf(config, { ...surroundings, read });
  return {
    errors: broken.map(({ kind, name, text, remedy }) => {
      const what = kind === 'channel' ? `channel ${name}` : name;
      return { code: `${kind}-broken`, name, message: `${what} does not work: ${text}`, remedy };
    }),
    warnings: openSecrets(files),
  };
};

/** Those files of secrets that somebody else may read. */
export const openSecrets = (files: ReadonlyMap<string, SecretFile>): readonly SecretFinding[] =>
  [...files].flatMap(([path, file]): readonly SecretFinding[] => {
    if (file.kind !== 'read' || (file.mode & 0o077) === 0) return [];
    const message = `${path} holds a secret and can be read by others on this host`;
    return [{ code: 'secret-open', name: path, message, remedy: `Run chmod 600 ${path}` }];
  });
