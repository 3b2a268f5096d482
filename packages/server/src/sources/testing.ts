import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ParsedSources, parseSources } from './load.ts';
import type { ServerConfig } from './source.ts';

/** The line of an ed25519 public key whose 32 bytes are made from a number: nobody has the other half. */
export const publicKeyLine = (number: number, comment = `root@host-${number}`): string => {
  const type = Buffer.from('ssh-ed25519');
  const point = Buffer.alloc(32, 7);
  point.writeUInt32BE(number, 8);
  const blob = Buffer.concat([length(type), type, length(point), point]);
  return `ssh-ed25519 ${blob.toString('base64')} ${comment}`;
};

/** What a file says that a test knows to be right. */
export const configOf = (content: string): ServerConfig => {
  const parsed: ParsedSources = parseSources({ file: 'sources.yaml', content });
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.findings));
  return parsed.config;
};

/** A folder for one test, deleted with everything in it when it goes out of scope. */
export const temporaryFolder = async (): Promise<AsyncDisposable & { readonly path: (name: string) => string }> => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-sources-'));
  return {
    path: (name) => join(folder, name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
};

/** Makes a named pipe, for which Node has no call. */
export const makePipe = (path: string): void => {
  execFileSync('mkfifo', [path]);
};

const length = (bytes: Buffer): Buffer => {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(bytes.length);
  return prefix;
};
