import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';
import { StreamCut } from '@berth/common/restic/read-stream.ts';
import type { Restic } from '@berth/common/restic/restic.ts';
import { isDone } from '@berth/common/restic/result.ts';
import type { Database, EngineWorld, Verifier } from '../databases/engine.ts';
import { type StoredDump, unitOf } from '../databases/stored.ts';
import { explainCut } from './explain-cut.ts';

/** A dump that lies on this machine's disk. */
export interface Written {
  readonly path: string;
  /** `none`: agent.yaml knows the entry no more, or the checker's tool is not here. */
  readonly verified: 'tool' | 'stream' | 'none';
  readonly warnings: readonly string[];
}

interface ToFile {
  readonly dump: StoredDump;
  /** Must not be there yet. A stream becomes a file, a folder becomes a folder. */
  readonly path: string;
  /** Null where agent.yaml does not know the entry any more. */
  readonly database: Database | null;
  readonly restic: Pick<Restic, 'readStream' | 'restore'>;
  readonly world: EngineWorld;
  readonly signal: AbortSignal;
  readonly onProgress: (bytesDone: number) => void;
}

/**
 * Writes a dump to a place of this machine, only its owner's to read; it has its name only when it is whole. Throws 'target-exists', 'target-missing'
 * (its folder), 'dump-unreadable', 'dump-unverified', and leaves nothing behind then.
 */
export const writeToFile = async (about: ToFile): Promise<Written> => {
  const path = resolve(about.path);
  await mustBeFree(path);
  const part = join(dirname(path), `.${basename(path).slice(0, 200)}.part-${process.pid}`);
  try {
    return about.dump.form === 'stream' ? await writeStream(about, path, part) : await writeFolder(about, path, part);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
};

const writeStream = async (about: ToFile, path: string, part: string): Promise<Written> => {
  const { dump, restic, signal } = about;
  await using check = checkOf(about, null);
  {
    await using file = await open(part, 'wx', 0o600);
    let bytes = 0;
    for await (const chunk of chunksOf(dump, restic, signal)) {
      await check.see(chunk);
      await file.writeFile(chunk);
      bytes += chunk.length;
      about.onProgress(bytes);
    }
    await file.sync();
  }
  const end = await check.conclude();
  // Unlike rename it replaces nothing that came meanwhile.
  await link(part, path).catch((error: unknown) => {
    throw isErrno(error, 'EEXIST') ? targetExists(path) : error;
  });
  return { path, ...end };
};

/** Rejects where restic ended badly, so that no early end is a whole dump. */
async function* chunksOf(
  dump: StoredDump,
  restic: Pick<Restic, 'readStream'>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* restic.readStream({ snapshot: dump.snapshot, path: dump.path }, { signal });
  } catch (error) {
    if (error instanceof StreamCut) throw explainCut(dump, error.failed.words);
    throw error;
  }
}

const writeFolder = async (about: ToFile, path: string, part: string): Promise<Written> => {
  const { dump, restic, signal } = about;
  await mkdir(part, { mode: 0o700 });
  const restored = await restic.restore({ snapshot: dump.snapshot, target: part }, { signal });
  if (!isDone(restored) || restored.kind === 'incomplete') throw explainCut(dump, restored.words);
  const folder = join(part, dump.path);
  await using check = checkOf(about, folder);
  const end = await check.conclude();
  await mustBeFree(path);
  await rename(folder, path);
  return { path, ...end };
};

interface Check extends AsyncDisposable {
  readonly see: (chunk: Uint8Array) => Promise<void>;
  readonly conclude: () => Promise<Pick<Written, 'verified' | 'warnings'>>;
}

/** What the checker's tool lacks is no reason to keep the dump from whoever needs it; a dump that is not whole is. */
const checkOf = ({ database, dump, world, signal }: ToFile, folder: string | null): Check => {
  let verifier: Verifier | null = database?.verify(unitOf(dump), folder, world, signal, true) ?? null;
  const warnings =
    database === null
      ? [
          `agent.yaml has no entry "${dump.entry}" of the engine ${dump.engine} any more: nothing has checked this dump.`,
        ]
      : [];
  const spared = async <Value>(work: (verifier: Verifier) => Value | Promise<Value>): Promise<Value | null> => {
    if (verifier === null) return null;
    try {
      return await work(verifier);
    } catch (error) {
      if (!(error instanceof Problem) || !spareable.has(error.code)) throw error;
      warnings.push(`Nothing has checked this dump: ${error.message}`);
      await verifier[Symbol.asyncDispose]();
      verifier = null;
      return null;
    }
  };
  return {
    see: async (chunk) => void (await spared((one) => one.see(chunk))),
    conclude: async () => ({ verified: (await spared((one) => one.conclude())) ?? 'none', warnings }),
    [Symbol.asyncDispose]: async () => verifier?.[Symbol.asyncDispose](),
  };
};

const spareable: ReadonlySet<string> = new Set([
  'tool-missing',
  'tool-too-old',
  'needs-root',
  'no-such-user',
  'engine-away',
  'engine-refused',
  'container-missing',
]);

const mustBeFree = async (path: string): Promise<void> => {
  try {
    await stat(path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
    const folder = await stat(dirname(path)).catch(() => null);
    if (folder?.isDirectory() === true) return;
    throw new Problem('target-missing', `There is no folder ${dirname(path)}.`, `Make it: mkdir -p ${dirname(path)}`);
  }
  throw targetExists(path);
};

const targetExists = (path: string): Problem =>
  new Problem('target-exists', `${path} is there already.`, 'Name a file that is not: nothing is overwritten.');
