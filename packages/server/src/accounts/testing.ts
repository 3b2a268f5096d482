import { createHash } from 'node:crypto';
import { parseSources } from '../sources/load.ts';
import type { Source } from '../sources/source.ts';

/** A well-formed ed25519 key that nobody has; each number gives another. */
const lineOf = (fill: number): string => {
  const field = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  const blob = Buffer.concat([
    field(Buffer.from('ssh-ed25519')),
    field(createHash('sha256').update(String(fill)).digest()),
  ]);
  return `ssh-ed25519 ${blob.toString('base64')} nobody@nowhere`;
};

/**
 * A source for tests, made by the real loader except for a name or UID that it refuses. Keys are named by a number.
 */
export const sourceOf = (name: string, uid: number, keys: readonly number[] = [uid % 251]): Source => {
  const list = keys.map((key) => `'${lineOf(key)}'`).join(', ');
  const parsed = parseSources({ file: 'test', content: `sources: { placeholder: { uid: 1001, keys: [${list}] } }\n` });
  const [source] = parsed.kind === 'ok' ? parsed.config.sources : [];
  if (source === undefined) throw new Error(`The test's source is invalid: ${JSON.stringify(parsed)}`);
  return { ...source, name: name as Source['name'], uid };
};
