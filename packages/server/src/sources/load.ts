import type { Problem } from '@berth/common/problem.ts';
import { privateKeyBody, privateKeyFound, privateKeyHeader } from '@berth/common/ssh-key.ts';
import type { Finding } from '@berth/common/yaml/finding.ts';
import { loadYaml } from '@berth/common/yaml/load.ts';
import { readConfigFile } from '@berth/common/yaml/read-file.ts';
import { decodeText, placeIn } from '@berth/common/yaml/text.ts';
import { toConfig } from './config.ts';
import { findConflicts } from './conflicts.ts';
import { minimalExample } from './example.ts';
import { type HostAccounts, noAccounts } from './host-accounts.ts';
import { hostTimeZone } from './schedule.ts';
import { sourcesSchema } from './schema.ts';
import type { ServerConfig } from './source.ts';

/** What a `sources.yaml` says, or everything in it that has to change first. */
export type ParsedSources =
  | { readonly kind: 'ok'; readonly config: ServerConfig; readonly warnings: readonly Finding[] }
  | { readonly kind: 'invalid'; readonly findings: readonly Finding[] };

/** The same of a file, which may also be missing or unreadable. */
export type LoadedSources = ParsedSources | { readonly kind: 'unreadable'; readonly problem: Problem };

/** Reads and checks the file at `file`. Never throws for anything the file may be or hold. */
export const loadSources = async (file: string, accounts: HostAccounts = noAccounts): Promise<LoadedSources> => {
  const read = await readConfigFile(file);
  return read.ok
    ? parseSources({ file, content: read.content, accounts })
    : { kind: 'unreadable', problem: read.problem };
};

/** Checks the content of a file, whose name only the findings need. Pure: the same content gives the same answer. */
export const parseSources = ({
  file,
  content,
  accounts = noAccounts,
  timeZone = hostTimeZone(),
}: {
  readonly file: string;
  readonly content: string | Uint8Array;
  readonly accounts?: HostAccounts;
  /** The host's, for a file that names none. */
  readonly timeZone?: string;
}): ParsedSources => {
  const secret = pastedPrivateKey(file, content);
  if (secret !== null) return { kind: 'invalid', findings: [secret] };
  const loaded = loadYaml({ file, content, schema: sourcesSchema, example: minimalExample });
  if (!loaded.ok) return { kind: 'invalid', findings: loaded.findings };
  const config = toConfig(loaded.value, timeZone);
  const { errors, warnings } = findConflicts(config, { file, locate: loaded.locate, accounts });
  return errors.length > 0 ? { kind: 'invalid', findings: errors } : { kind: 'ok', config, warnings };
};

/**
 * A private key has several lines, so pasted into YAML it is a syntax error somewhere in its middle. Looked for first,
 * it gets the one answer that matters. One in a comment is as readable, but its first line alone may be an explanation.
 */
const pastedPrivateKey = (file: string, content: string | Uint8Array): Finding | null => {
  const decoded = decodeText(content);
  if (!decoded.ok) return null;
  const uncommented = decoded.text.replace(/^\s*#.*$/gm, (comment) => ' '.repeat(comment.length));
  const found = privateKeyHeader.exec(uncommented) ?? privateKeyBody.exec(decoded.text);
  if (found === null) return null;
  const { code, message, remedy } = privateKeyFound;
  return { file, ...placeIn(decoded.text, found.index), code, message, remedy };
};
