import type { EngineWorld } from './engine.ts';
import { createFeed } from './feed.ts';
import type { Place } from './place.ts';
import type { ToolCommand, ToolEnd } from './tool.ts';

/** A tool that reads a dump beside restic, as it passes. */
export interface Checker extends AsyncDisposable {
  /** Waits while the tool is behind; a tool that has ended gets nothing more. */
  readonly see: (chunk: Uint8Array) => void | Promise<void>;
  /** Ends its input, and says how it ended and the start of what it said. Throws as `RunTool`. */
  readonly conclude: () => Promise<ToolEnd & { readonly stdout: string }>;
}

const mostText = 64 * 1024;

/** Starts one. Disposing ends it, whatever it is doing. */
export const startChecker = (
  world: Pick<EngineWorld, 'run'>,
  place: Place,
  command: Omit<ToolCommand, 'stdin' | 'onStdout'>,
  signal: AbortSignal,
): Checker => {
  const feed = createFeed();
  const stop = new AbortController();
  let stdout = '';
  const ended = world
    .run(
      place,
      {
        ...command,
        stdin: feed.chunks,
        onStdout: (chunk) => {
          if (stdout.length < mostText) stdout += Buffer.from(chunk).toString('latin1');
        },
      },
      AbortSignal.any([signal, stop.signal]),
    )
    .then(
      (end) => ({ ok: true, end }) as const,
      (error: unknown) => ({ ok: false, error }) as const,
    );
  // A tool that ended, or was never started, takes nothing any more: nobody may wait for it.
  void ended.then(feed.close);
  return {
    see: (chunk) => feed.push(chunk),
    conclude: async () => {
      feed.end();
      const result = await ended;
      if (!result.ok) throw result.error;
      return { ...result.end, stdout };
    },
    [Symbol.asyncDispose]: async () => {
      feed.end();
      stop.abort();
      await ended;
    },
  };
};
