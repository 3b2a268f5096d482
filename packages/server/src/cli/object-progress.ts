import { parseFsckProgress } from '../jobs/fsck.ts';
import { progressBar } from './progress-bar.ts';
import { untilInterrupted } from './until-interrupted.ts';

/**
 * Runs a job that looks at every object: its bytes as a bar on a terminal, if it is `wanted` and there are any to be
 * read; Ctrl-C ends the job and not this command, which then says what came of it.
 */
export const withProgress = async <Result>(
  wanted: boolean,
  run: (options: { readonly signal: AbortSignal; readonly onProgress: (value: unknown) => void }) => Promise<Result>,
): Promise<Result> => {
  using interruption = untilInterrupted();
  const bar = progressBar(process.stderr, wanted);
  try {
    return await run({
      signal: interruption.signal,
      onProgress: (value) => {
        const progress = parseFsckProgress(value);
        if (progress !== null && progress.bytesTotal > 0) bar.show({ ...progress, totalBytes: progress.bytesTotal });
      },
    });
  } finally {
    bar.clear();
  }
};
