import { Problem } from '@berth/common/problem.ts';
import { startChecker } from '../checker.ts';
import type { CommandEntry } from '../command.ts';
import type { EngineWorld, Verifier } from '../engine.ts';
import { dumpUnverified } from '../failed.ts';
import { createTail } from '../tail.ts';
import type { ToolCommand, ToolEnd } from '../tool.ts';

/** Runs words of an entry by /bin/sh, where the entry says. */
export const shell = (
  { at, as }: Pick<CommandEntry, 'at' | 'as'>,
  words: string,
  more: Pick<ToolCommand, 'env' | 'stdin' | 'onStdout'>,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<ToolEnd> => world.run(at, { ...more, argv: ['/bin/sh', '-c', words], as }, signal);

/** White space that may follow an end marker: a last newline, and little more. */
const mostSpace = 100;

/** Counts the bytes, looks at the end, and has the entry's own command read along. */
export const commandVerifier = (entry: CommandEntry, world: EngineWorld, signal: AbortSignal): Verifier => {
  const { min_bytes: least, end_marker: marker, verify } = entry;
  // What passes is kept as latin1 text: the marker as it stands in the file, byte by byte.
  const mark = marker === null ? null : Buffer.from(marker, 'utf8').toString('latin1');
  const tail = createTail((mark?.length ?? 0) + mostSpace);
  const argv = ['/bin/sh', '-c', verify ?? ''] as const;
  const checker = verify === null ? null : startChecker(world, entry.at, { argv, as: entry.as }, signal);
  return {
    see: async (chunk) => {
      tail.see(chunk);
      await checker?.see(chunk);
    },
    conclude: async () => {
      if (tail.total() === 0) throw new Problem('dump-empty', 'It wrote nothing.', 'Try "run:" by hand.');
      if (tail.total() < least) {
        throw dumpUnverified(`The dump has ${tail.total()} bytes; "min_bytes:" of ${entry.name} wants ${least}.`);
      }
      if (mark !== null && !tail.text().trimEnd().endsWith(mark.trimEnd())) {
        throw dumpUnverified(`The dump does not end with the "end_marker:" of ${entry.name}.`);
      }
      if (checker === null) return 'stream';
      const end = await checker.conclude();
      if (end.code === 0) return 'tool';
      const words = new Error([...end.stderr, end.stdout.slice(-2000)].join('\n'));
      throw dumpUnverified(`The command "verify:" of ${entry.name} found the dump broken (${end.code}).`, words);
    },
    [Symbol.asyncDispose]: async () => {
      await checker?.[Symbol.asyncDispose]();
    },
  };
};
