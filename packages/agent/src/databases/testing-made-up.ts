import type { BackupRequest, BackupSummary } from '@berth/common/restic/backup.ts';
import type { Restic } from '@berth/common/restic/restic.ts';
import type { Failed, ResticResult, Words } from '@berth/common/restic/result.ts';
import type { DumpSink, StreamRequest, StreamSummary } from '@berth/common/restic/stream.ts';
import type { Database, Unit } from './engine.ts';
import { fileNameOf } from './name.ts';

const silent: Words = { words: [], warnings: [], itemErrors: [], itemErrorCount: 0 };

/** A unit as engines make them. */
export const unitCalled = (database: string, form: Unit['form'] = 'stream'): Unit => ({
  ...{ database, form },
  file: fileNameOf({ engine: 'command', name: 'shop', database, ending: form === 'stream' ? 'dump' : null }),
});

/** An engine that has these units and does what the test says; whole and well where it says nothing. */
export const madeUpDatabase = (units: readonly Unit[], does: Partial<Database> = {}): Database => ({
  engine: 'command',
  name: 'shop',
  timeoutMs: 60_000,
  describe: async () => ({ version: 'made up 1', units, warnings: [] }),
  dump: async (unit, to) => {
    if (to.kind === 'stream') await to.sink.write(Buffer.from(`dump of ${unit.database}`));
    return { warnings: [] };
  },
  verify: () => ({
    see: () => undefined,
    conclude: async () => 'tool',
    [Symbol.asyncDispose]: async () => undefined,
  }),
  restore: async () => ({ warnings: [] }),
  ...does,
});

/** restic's end, when it is bad. */
export const resticFailed = (kind: Failed['kind'], ...words: string[]): Failed => ({
  ...silent,
  kind,
  words,
  exitCode: 1,
});

const summaryOf = (bytes: number): BackupSummary => ({
  snapshotId: 'a1b2c3d4',
  ...{ filesNew: 1, filesChanged: 0, filesUnmodified: 0, filesProcessed: 1 },
  ...{ bytesProcessed: bytes, bytesAdded: bytes, bytesAddedPacked: null },
});

/** A restic that keeps what it is given; `fails` says which file meets what. */
export const keepingRestic = (
  fails: (file: string) => Failed | null = () => null,
): Pick<Restic, 'backup' | 'backupStream'> & {
  readonly kept: Map<string, { readonly tags: readonly string[]; readonly bytes: number }>;
} => {
  const kept = new Map<string, { readonly tags: readonly string[]; readonly bytes: number }>();
  return {
    kept,
    backup: async ({ paths, tags = [] }: BackupRequest): Promise<ResticResult<BackupSummary>> => {
      const file = paths[0] ?? '';
      const failed = fails(file);
      if (failed !== null) return failed;
      kept.set(file, { tags, bytes: 1 });
      return { ...silent, kind: 'ok', value: summaryOf(1) };
    },
    backupStream: async (
      { filename, tags }: StreamRequest,
      produce: (sink: DumpSink, signal: AbortSignal) => Promise<void>,
      call,
    ): Promise<ResticResult<StreamSummary>> => {
      let bytes = 0;
      const write = async (chunk: Uint8Array): Promise<void> => {
        bytes += chunk.byteLength;
        call.onProgress?.(bytes);
      };
      const signal = call.signal ?? new AbortController().signal;
      await call.onStarted?.(process.pid);
      await produce({ write }, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
      if (signal.aborted) return resticFailed('cancelled');
      const failed = bytes === 0 ? resticFailed('dump-empty') : fails(filename);
      if (failed !== null) return failed;
      kept.set(filename, { tags, bytes });
      return { ...silent, kind: 'ok', value: { ...summaryOf(bytes), bytes } };
    },
  };
};
