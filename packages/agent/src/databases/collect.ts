import { Problem } from '@berth/common/problem.ts';
import type { EngineWorld } from './engine.ts';
import type { Place } from './place.ts';
import type { ToolCommand, ToolEnd } from './tool.ts';

const mostBytes = 16 * 1024 * 1024;

/** Runs a tool whose answer is short, and gives its whole standard output as text. Throws as `RunTool`, and 'dump-failed' when it says no end of things. */
export const collectTool = async (
  world: Pick<EngineWorld, 'run'>,
  place: Place,
  command: Omit<ToolCommand, 'onStdout'>,
  signal: AbortSignal,
): Promise<ToolEnd & { readonly stdout: string }> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const onStdout = (chunk: Uint8Array): void => {
    size += chunk.length;
    if (size > mostBytes) {
      throw new Problem('dump-failed', `${command.argv[0]} said more than berth can read.`, 'Try the same by hand.');
    }
    chunks.push(chunk);
  };
  const end = await world.run(place, { ...command, onStdout }, signal);
  return { ...end, stdout: Buffer.concat(chunks).toString('utf8') };
};

/** The tool's own words as an error's `cause`. */
export const wordsOf = ({ stderr }: Pick<ToolEnd, 'stderr'>): Error => new Error(stderr.join('\n'));

/** The line that says most, for a sentence: the last one that is not empty, without a full stop; `fallback` where there is none. */
export const lastWord = ({ stderr }: Pick<ToolEnd, 'stderr'>, fallback: string): string =>
  stderr
    .findLast((line) => line.trim() !== '')
    ?.trim()
    .replace(/\.$/, '') ?? fallback;
