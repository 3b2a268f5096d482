import type { BackupSummary } from './backup.ts';
import type { BoundRestic, Call } from './invoke.ts';
import type { ResticResult } from './result.ts';

/** Where a producer writes its dump. */
export interface DumpSink {
  /** Resolves when more may come, at once where it gives no promise; throws or rejects when restic is gone. */
  readonly write: (chunk: Uint8Array) => void | Promise<void>;
}

/** What the snapshot of a stream carries. */
export interface StreamRequest {
  readonly host: string;
  readonly tags: readonly string[];
  /** No slash in it: restic 0.18.0 takes none. It stands at the top of the snapshot. */
  readonly filename: string;
}

/** A snapshot made of a stream: how many bytes the producer wrote. */
export type StreamSummary = BackupSummary & { readonly bytes: number };

/** Runs restic over a stream; see backup-stream.ts. */
export type BackupStream = (
  restic: BoundRestic,
  request: StreamRequest,
  /** Resolves when all is written, and only if it is whole. Whatever it throws is thrown on, after restic is gone without a snapshot. */
  produce: (sink: DumpSink, signal: AbortSignal) => Promise<void>,
  call: Call & {
    readonly onProgress?: ((bytesDone: number) => void) | undefined;
    /** Hears of restic's process before the first byte is asked for, which waits: time to note what our death would leave behind. */
    readonly onStarted?: ((pid: number) => Promise<void>) | undefined;
  },
) => Promise<ResticResult<StreamSummary>>;
