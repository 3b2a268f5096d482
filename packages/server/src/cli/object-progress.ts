import { parseFsckProgress } from '../jobs/fsck.ts';
import { progressBar } from './progress-bar.ts';

/**
 * Runs a job that looks at every object: its bytes as a bar on a terminal, if it is `wanted` and there are any to be
 * read; Ctrl-C ends the job and not this command, which then says what came of it.
 */
export const withProgress = async <Result>(
  wanted: boolean,
  run: (options: { readonly signal: AbortSignal; readonly onProgress: (value: unknown) => void }) => Promise<Result>,
): Promise<Result> => {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  const bar = progressBar(process.stderr, wanted);
  try {
    return await run({
      signal: stopping.signal,
      onProgress: (value) => {
        const progress = parseFsckProgress(value);
        if (progress !== null && progress.bytesTotal > 0) bar.show({ ...progress, totalBytes: progress.bytesTotal });
      },
    });
  } finally {
    bar.clear();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
  }
};
