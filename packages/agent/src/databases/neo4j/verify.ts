import { createReadStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { cancelled } from '@berth/common/problem.ts';
import type { Verifier } from '../engine.ts';
import { dumpUnverified } from '../failed.ts';

const signatureBytes = 4;

/**
 * Each database has its file; a dump begins as one, and what follows unpacks to its end: gzip behind DGV1, zstd behind DZV1
 * (org.neo4j.dbms.archive.StandardCompressionFormat). A backup of Enterprise is only seen to be there.
 */
export const dumpsVerifier = (
  folder: string | null,
  names: readonly string[],
  ending: 'dump' | 'backup',
  signal: AbortSignal,
): Verifier => ({
  see: () => undefined,
  conclude: async () => {
    if (folder === null) throw new Error('dumps of Neo4j are a folder');
    const files = await readdir(folder);
    for (const name of names) {
      const file = files.find((one) =>
        ending === 'dump' ? one === `${name}.dump` : one.startsWith(`${name}-`) && one.endsWith('.backup'),
      );
      if (file === undefined) throw dumpUnverified(`The dump of ${name} is missing.`);
      const path = join(folder, file);
      if ((await stat(path)).size <= signatureBytes) throw dumpUnverified(`The dump of ${name} has nothing in it.`);
      if (ending === 'dump') await readWhole(path, name, signal);
    }
    return 'stream';
  },
  [Symbol.asyncDispose]: async () => undefined,
});

const readWhole = async (path: string, name: string, signal: AbortSignal): Promise<void> => {
  const signature = await signatureOf(path);
  if (signature !== 'DGV1' && signature !== 'DZV1') {
    throw dumpUnverified(`What neo4j-admin wrote for ${name} is no dump.`);
  }
  const unpack = signature === 'DGV1' ? createGunzip() : createZstdDecompress();
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    await pipeline(createReadStream(path, { start: signatureBytes }), unpack, nowhere, { signal });
  } catch (error) {
    if (signal.aborted) throw cancelled();
    throw dumpUnverified(`The dump of ${name} is cut or damaged.`, error);
  }
};

const signatureOf = async (path: string): Promise<string> => {
  await using handle = await open(path, 'r');
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(signatureBytes), 0, signatureBytes, 0);
  return buffer.toString('latin1', 0, bytesRead);
};
