import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cancelled, Problem } from '@berth/common/problem.ts';
import { StreamCut } from '@berth/common/restic/read-stream.ts';
import type { Restic } from '@berth/common/restic/restic.ts';
import { type Failed, isDone } from '@berth/common/restic/result.ts';
import { isNoRoom, noRoom } from './dump-folder.ts';
import type { Database, EngineWorld, Into, Unit } from './engine.ts';
import { plain } from './plain.ts';

/** A dump in the repository. */
export interface StoredArguments {
  readonly database: Database;
  readonly unit: Unit;
  /** The id of its snapshot. */
  readonly snapshot: string;
  readonly restic: Pick<Restic, 'readStream' | 'restore'>;
  readonly world: EngineWorld;
  readonly signal: AbortSignal;
  /** Bytes read so far; `checking` is the first of two readings of a stream. */
  readonly onProgress?: (progress: { readonly phase: 'checking' | 'restoring'; readonly bytesDone: number }) => void;
}

/** Who found it whole, and what the engine had to say. */
export interface RestoredDump {
  readonly verified: 'tool' | 'stream';
  readonly warnings: readonly string[];
}

/**
 * Puts one unit back. Nothing is written before the whole dump was read once and found whole; a stream is read twice for that, and the second
 * reading must be as long as the first. Throws what the engine throws, 'dump-unverified', and restic's failure kinds.
 */
export const restoreDump = async (args: StoredArguments & { readonly into: Into }): Promise<RestoredDump> => {
  const { database, unit, into, world, signal } = args;
  if (unit.form === 'stream') {
    const { verified, bytes } = await readThrough(args);
    const over = new AbortController();
    const reading = read({ ...args, signal: AbortSignal.any([signal, over.signal]) }, 'restoring', bytes);
    const source = { kind: 'stream', chunks: reading.chunks } as const;
    try {
      const facts = await asProblem(database.restore(unit, source, into, world, signal), reading.cut);
      return { verified, warnings: facts.warnings.map(plain) };
    } finally {
      // An engine that broke off may have left the stream where it was.
      over.abort();
    }
  }
  return withRestored(args, async (path, verified) => {
    const facts = await database.restore(unit, { kind: 'folder', path }, into, world, signal);
    return { verified, warnings: facts.warnings.map(plain) };
  });
};

/** Reads a dump back whole and says who found it so; writes to no database. Throws as `restoreDump`. */
export const verifyDump = async (args: StoredArguments): Promise<Pick<RestoredDump, 'verified'>> => {
  if (args.unit.form === 'folder') return withRestored(args, async (_path, verified) => ({ verified }));
  const { verified } = await readThrough(args);
  return { verified };
};

const readThrough = async (
  args: StoredArguments,
): Promise<{ readonly verified: 'tool' | 'stream'; readonly bytes: number }> => {
  const { database, unit, world, signal } = args;
  await using verifier = database.verify(unit, null, world, signal, true);
  let bytes = 0;
  for await (const chunk of read(args, 'checking', null).chunks) {
    const seen = verifier.see(chunk);
    if (seen !== undefined) await seen;
    bytes += chunk.byteLength;
  }
  return { verified: await verifier.conclude(), bytes };
};

interface Reading {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Why it broke off, whatever the engine made of that; null while it did not. */
  readonly cut: () => Problem | null;
}

const read = (args: StoredArguments, phase: 'checking' | 'restoring', expectedBytes: number | null): Reading => {
  const { restic, snapshot, unit, signal, onProgress } = args;
  let cut: Problem | null = null;
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    let bytesDone = 0;
    try {
      for await (const chunk of restic.readStream({ snapshot, path: `/${unit.file}` }, { signal })) {
        bytesDone += chunk.byteLength;
        yield chunk;
        onProgress?.({ phase, bytesDone });
      }
    } catch (error) {
      cut = error instanceof StreamCut ? notRead(error.failed) : null;
      throw cut ?? error;
    }
    if (expectedBytes === null || bytesDone === expectedBytes) return;
    cut = unlike(bytesDone, expectedBytes);
    throw cut;
  }
  return { chunks: chunks(), cut: () => cut };
};

/** What broke the reading is the reason, and not what the engine says of the half it got. */
const asProblem = async <Value>(work: Promise<Value>, cut: () => Problem | null): Promise<Value> => {
  try {
    return await work;
  } catch (error) {
    throw cut() ?? error;
  }
};

const withRestored = async <Value>(
  args: StoredArguments,
  work: (path: string, verified: 'tool' | 'stream') => Promise<Value>,
): Promise<Value> => {
  const { database, unit, snapshot, restic, world, signal, onProgress } = args;
  await using scratch = await world.scratch();
  const result = await restic.restore(
    { snapshot, target: scratch.path },
    { signal, onProgress: ({ bytesDone }) => onProgress?.({ phase: 'checking', bytesDone }) },
  );
  if (!isDone(result)) throw notRead(result);
  if (result.kind === 'incomplete') {
    const full = result.itemErrors.some(({ message }) => /no space left/i.test(message));
    throw full ? noRoom(result.words.join('\n')) : notRead({ ...result, kind: 'failed', exitCode: 1 });
  }
  const path = await folderCalled(unit.file, scratch.path);
  if (path === null) throw notRead({ ...result, kind: 'no-snapshot', exitCode: 1 });
  try {
    await using verifier = database.verify(unit, path, world, signal, true);
    return await work(path, await verifier.conclude());
  } catch (error) {
    throw isNoRoom(error) ? noRoom(error) : error;
  }
};

/** A folder's snapshot has it at the path it had, which was another in another home. */
const folderCalled = async (name: string, below: string): Promise<string | null> => {
  const folders = (await readdir(below, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  if (folders.some((folder) => folder.name === name)) return join(below, name);
  const [only] = folders;
  return only === undefined || folders.length > 1 ? null : folderCalled(name, join(below, only.name));
};

const notRead = (failed: Failed): Problem =>
  failed.kind === 'cancelled'
    ? cancelled()
    : new Problem(
        failed.kind,
        `The dump could not be read back whole: ${failed.words.slice(-3).join(' ') || `restic ended with code ${failed.exitCode}`}.`,
        'Try again; if it stays, take an older snapshot, and run "berth doctor".',
        { cause: failed.words.join('\n') },
      );

const unlike = (bytes: number, expected: number): Problem =>
  new Problem(
    'dump-unverified',
    `The dump had ${bytes} bytes when it was read again, and ${expected} before.`,
    'Try again; if it stays, take an older snapshot.',
  );
