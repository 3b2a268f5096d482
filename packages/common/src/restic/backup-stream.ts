import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BackupSummary, summaryOf } from './backup.ts';
import { discard } from './discard.ts';
import { gateFor } from './gate.ts';
import { type Ended, invoke, readMessage } from './invoke.ts';
import { backupSummarySchema } from './messages.ts';
import type { Failed, ResticResult } from './result.ts';
import type { BackupStream, DumpSink, StreamRequest, StreamSummary } from './stream.ts';

/** So long may restic live on without its input before it is stopped. */
const patienceMs = 10_000;

/**
 * Makes a snapshot of what `produce` writes, if and only if it resolves and wrote something; where it throws, where we are cancelled, late
 * or killed, or restic is, there is none. restic has ended when this settles, and so has `produce`. Not retried here.
 */
export const backupStream: BackupStream = async (restic, request, produce, call) => {
  using gate = await gateFor(restic.version);
  const unwanted = new AbortController();
  const over = new AbortController();
  let summary: BackupSummary | null = null;
  let bytes = 0;
  let end: ProducerEnd = { kind: 'cut' };
  let producing = Promise.resolve();

  const produceInto = async (entrance: Writable, pid: number): Promise<void> => {
    const sink = sinkInto(entrance, over.signal, (written) => {
      bytes += written;
      call.onProgress?.(bytes);
    });
    try {
      await call.onStarted?.(pid);
      await produce(sink, over.signal);
      if (over.signal.aborted || sink.isBroken()) return;
      end = bytes === 0 ? { kind: 'empty' } : { kind: 'whole' };
      if (end.kind === 'whole') gate.open();
    } catch (error) {
      // What it throws because restic is gone is no reason of its own.
      if (!over.signal.aborted && !sink.isBroken()) end = { kind: 'threw', error };
    } finally {
      // A broken pipe is heard before the exit behind it, which says why.
      if (sink.isBroken()) await sleep(patienceMs, undefined, { signal: over.signal }).catch(() => undefined);
      if (end.kind !== 'whole' && !over.signal.aborted) unwanted.abort();
    }
  };

  const signals = [unwanted.signal, ...(call.signal === undefined ? [] : [call.signal])];
  const ended = await invoke(restic, {
    args: streamArguments(request, gate.args),
    call: { ...call, signal: AbortSignal.any(signals) },
    isLeashed: true,
    streams: {
      ...gate.streams,
      onStarted: (child) => {
        producing = produceInto(gate.entrance(child), child.pid);
      },
      onStop: () => {
        over.abort();
        gate.shut();
      },
      onExit: () => {
        over.abort();
        gate[Symbol.dispose]();
      },
    },
    onLine: (line, record) => {
      const last = backupSummarySchema.safeParse(readMessage(line, record));
      if (last.success) summary = summaryOf(last.data);
    },
  });
  await producing;
  const result = resultOf(end, ended, summary, bytes);
  const made = madeOf(summary);
  const said = made === null || result.kind === 'ok' ? [] : [await discard(restic, made)];
  return thrownOn(end, { ...result, words: [...result.words, ...said] });
};

// TypeScript does not see that a closure assigned them.
const madeOf = (summary: BackupSummary | null): string | null => summary?.snapshotId ?? null;
const thrownOn = <Result>(end: ProducerEnd, result: Result): Result => {
  if (end.kind === 'threw') throw end.error;
  return result;
};

type ProducerEnd =
  | { readonly kind: 'whole' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'threw'; readonly error: unknown }
  /** restic was gone, or we were to stop, before it came to an end of its own. */
  | { readonly kind: 'cut' };

const streamArguments = (
  { host, tags, filename }: StreamRequest,
  gateArguments: readonly string[],
): readonly string[] => [
  'backup',
  ...['--host', host],
  ...tags.flatMap((tag) => ['--tag', tag]),
  `--stdin-filename=${filename}`,
  ...gateArguments,
];

/** Waits where restic does. Gone is gone: from then on every write rejects. */
const sinkInto = (
  entrance: Writable,
  signal: AbortSignal,
  onWritten: (bytes: number) => void,
): DumpSink & { readonly isBroken: () => boolean } => {
  let broken: Error | null = null;
  let waiting: (() => void)[] = [];
  const wake = () => {
    const woken = waiting;
    waiting = [];
    for (const go of woken) go();
  };
  const lose = (error: Error) => {
    broken ??= error;
    wake();
  };
  const flowing = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
    });
    if (broken !== null) throw broken;
  };
  entrance.on('error', lose);
  entrance.on('drain', wake);
  signal.addEventListener('abort', () => lose(new Error('restic has ended')), { once: true });
  return {
    isBroken: () => broken !== null && !signal.aborted,
    write: (chunk) => {
      if (broken !== null) throw broken;
      const flows = entrance.write(chunk);
      onWritten(chunk.byteLength);
      return flows ? undefined : flowing();
    },
  };
};

/** restic's part of it: what the producer threw is the caller's to throw. */
const resultOf = (
  end: ProducerEnd,
  ended: Ended | Failed,
  summary: BackupSummary | null,
  bytes: number,
): ResticResult<StreamSummary> => {
  if (end.kind === 'empty') return { ...wordsOf(ended), kind: 'dump-empty' };
  if (end.kind === 'threw') return wordsOf(ended);
  if (ended.kind !== 'ended') return ended;
  const { exitCode, said, failed } = ended;
  // 3 is a snapshot of what could be read, which of a dump is nothing to keep.
  if (exitCode !== 0) return failed;
  const wrong = (why: string): Failed => ({ ...failed, kind: 'failed', words: [...said.words, why] });
  if (end.kind !== 'whole') return wrong('restic ended before the dump did');
  if (summary === null) return wrong('restic ended without a summary');
  if (summary.bytesProcessed !== bytes) {
    return wrong(`restic read ${summary.bytesProcessed} bytes of a dump of ${bytes}`);
  }
  return { ...said, kind: 'ok', value: { ...summary, bytes } };
};

const wordsOf = (ended: Ended | Failed): Failed => (ended.kind === 'ended' ? ended.failed : ended);
