import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** What the forced command says to the session it starts. It is written by the supervisor and never by a client. */
export interface SessionArguments {
  readonly source: string;
  /** The fingerprint of the key that logged in. */
  readonly key: string;
  /** The source's own directory. */
  readonly directory: string;
  /** The coordinator's socket for this source. */
  readonly controlSocket: string;
  readonly quotaBytes: number | null;
  /** What stays free on the disk; null for the usual floor. */
  readonly floorBytes: number | null;
}

/** The words of the forced command, as `parseSessionArguments` reads them. */
export const formatSessionArguments = (
  args: Omit<SessionArguments, 'directory'> & { readonly dataDir: string },
): readonly string[] => [
  '--source',
  args.source,
  '--key',
  args.key,
  '--directory',
  sourceDirectory(args.dataDir, args.source),
  '--control-socket',
  args.controlSocket,
  ...(args.quotaBytes === null ? [] : ['--quota', String(args.quotaBytes)]),
  ...(args.floorBytes === null ? [] : ['--floor', String(args.floorBytes)]),
];

/** Where a source's things are below the server's data directory. */
export const sourceDirectory = (dataDir: string, source: string): string => join(dataDir, 'sources', source);

const options = {
  source: { type: 'string' },
  key: { type: 'string' },
  directory: { type: 'string' },
  'control-socket': { type: 'string' },
  quota: { type: 'string' },
  floor: { type: 'string' },
} as const;

/** Reads the words back. Throws on anything unexpected: then the forced command and the program do not fit together. */
export const parseSessionArguments = (words: readonly string[]): SessionArguments => {
  const { values } = parseArgs({ args: [...words], options });
  const { source, key, directory, 'control-socket': controlSocket, quota, floor } = values;
  if (source === undefined || key === undefined || directory === undefined || controlSocket === undefined) {
    throw new Error('the forced command lacks --source, --key, --directory or --control-socket');
  }
  const quotaBytes = bytesOf('--quota', quota);
  return { source, key, directory, controlSocket, quotaBytes, floorBytes: bytesOf('--floor', floor) };
};

const bytesOf = (option: string, text: string | undefined): number | null => {
  if (text === undefined) return null;
  if (!/^\d{1,15}$/.test(text)) throw new Error(`${option} ${text} is not a number of bytes`);
  return Number(text);
};
