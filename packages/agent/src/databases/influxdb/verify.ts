import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { cancelled } from '@berth/common/problem.ts';
import type { Verifier } from '../engine.ts';
import { dumpUnverified } from '../failed.ts';

interface Named {
  readonly fileName: string;
  readonly size: number;
}

/**
 * A backup of InfluxDB is a folder with one `.manifest` that names its files, of which those ending in `.gz` are gzipped. What `size` means differs:
 * version 2 gives the bytes on disk, version 1 those of the unpacked shard, and for the metadata those without its frame.
 */
export const backupVerifier = (folder: string | null, version: 1 | 2, signal: AbortSignal): Verifier => ({
  see: () => undefined,
  conclude: async () => {
    if (folder === null) throw new Error('a backup of InfluxDB is a folder');
    const manifests = (await readdir(folder)).filter((file) => file.endsWith('.manifest'));
    const [manifest] = manifests;
    if (manifest === undefined || manifests.length > 1) throw dumpUnverified('The backup of InfluxDB has no manifest.');
    const named = filesOf(await parsed(join(folder, manifest)));
    if (named.length === 0) throw dumpUnverified('The manifest of InfluxDB names no files.');
    for (const file of named) await check(folder, file, version, signal);
    return 'stream';
  },
  [Symbol.asyncDispose]: async () => undefined,
});

const parsed = async (file: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw dumpUnverified('The manifest of InfluxDB is cut or damaged.', error);
  }
};

/** All that has a `fileName`, wherever it stands: the two versions nest it differently. */
const filesOf = (value: unknown): readonly Named[] => {
  if (typeof value !== 'object' || value === null) return [];
  const here =
    'fileName' in value && typeof value.fileName === 'string' && 'size' in value && typeof value.size === 'number'
      ? [{ fileName: value.fileName, size: value.size }]
      : [];
  return [...here, ...Object.values(value).flatMap(filesOf)];
};

const check = async (folder: string, { fileName, size }: Named, version: 1 | 2, signal: AbortSignal): Promise<void> => {
  if (fileName === '' || fileName.includes('/') || fileName.includes('\0')) {
    throw dumpUnverified('The manifest of InfluxDB names a file elsewhere.');
  }
  const path = join(folder, fileName);
  const onDisk = await stat(path).then(
    (found) => found.size,
    () => null,
  );
  if (onDisk === null) throw dumpUnverified(`${fileName} is missing from the backup of InfluxDB.`);
  const isZipped = fileName.endsWith('.gz');
  const unpacked = isZipped ? await unpackedBytes(path, fileName, signal) : onDisk;
  const isWhole = version === 2 ? onDisk === size : isZipped ? unpacked === size : onDisk >= size;
  if (!isWhole) throw dumpUnverified(`${fileName} has another size than the manifest of InfluxDB says.`);
};

const unpackedBytes = async (path: string, name: string, signal: AbortSignal): Promise<number> => {
  let bytes = 0;
  try {
    const counted = new Writable({
      write: (chunk: Uint8Array, _encoding, done) => {
        bytes += chunk.length;
        done();
      },
    });
    await pipeline(createReadStream(path), createGunzip(), counted, { signal });
  } catch (error) {
    if (signal.aborted) throw cancelled();
    throw dumpUnverified(`${name} of the backup of InfluxDB is cut or damaged.`, error);
  }
  return bytes;
};
