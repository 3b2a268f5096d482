import { join } from 'node:path';
import { StreamCut } from '@berth/common/restic/read-stream.ts';
import type { Restic } from '@berth/common/restic/restic.ts';
import { isDone } from '@berth/common/restic/result.ts';
import type { Database, EngineWorld } from '../databases/engine.ts';
import { type StoredDump, unitOf } from '../databases/stored.ts';
import { explainCut } from './explain-cut.ts';

/** What a dump that was read back to its last byte came to. */
export interface CheckedDump {
  /** Of a stream; of a folder null. */
  readonly bytes: number | null;
  readonly by: 'tool' | 'stream';
}

/** Reads a dump back out of the repository, whole, and has the engine's verifier look at it. Throws 'dump-unverified', 'dump-unreadable' and those of the engine's tools. */
export const checkDump = async (about: {
  readonly dump: StoredDump;
  readonly database: Database;
  readonly restic: Pick<Restic, 'readStream' | 'restore'>;
  readonly world: EngineWorld;
  readonly signal: AbortSignal;
  readonly onProgress?: ((bytesDone: number) => void) | undefined;
}): Promise<CheckedDump> => {
  const { dump, database, restic, world, signal } = about;
  const unit = unitOf(dump);
  if (dump.form === 'folder') {
    await using scratch = await world.scratch();
    const restored = await restic.restore({ snapshot: dump.snapshot, target: scratch.path }, { signal });
    if (!isDone(restored) || restored.kind === 'incomplete') throw explainCut(dump, restored.words);
    await using verifier = database.verify(unit, join(scratch.path, dump.path), world, signal, true);
    return { bytes: null, by: await verifier.conclude() };
  }
  await using verifier = database.verify(unit, null, world, signal, true);
  let bytes = 0;
  for await (const chunk of chunksOf(dump, restic, signal)) {
    await verifier.see(chunk);
    bytes += chunk.length;
    about.onProgress?.(bytes);
  }
  return { bytes, by: await verifier.conclude() };
};

/** The bytes of a stream's dump; rejects with 'dump-unreadable' where restic ended badly, so that no early end is a whole dump. */
export async function* chunksOf(
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
