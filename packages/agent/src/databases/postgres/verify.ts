import { Problem } from '@berth/common/problem.ts';
import { startChecker } from '../checker.ts';
import { lastWord, wordsOf } from '../collect.ts';
import type { EngineWorld, Verifier } from '../engine.ts';
import type { PostgresEntry } from '../postgres.ts';
import { createHead, createTail } from '../tail.ts';
import type { RunTool } from '../tool.ts';
import { findTools, toolPath } from './tools.ts';

const damaged = (why: string, cause?: unknown): Problem =>
  new Problem('dump-unverified', `The dump is not whole: ${why}.`, 'The next run makes a new one.', { cause });

/**
 * Lets pg_restore read an archive as it passes. It stops by itself after the list of contents, which is all there is to see while pg_dump's own
 * end is awaited; `isThorough` lets it read every block, which is what finds an archive that was cut later on.
 * https://www.postgresql.org/docs/current/app-pgrestore.html
 */
export const archiveVerifier = (
  entry: PostgresEntry,
  world: EngineWorld,
  signal: AbortSignal,
  isThorough: boolean,
): Verifier => {
  const head = createHead(5);
  // Which pg_restore there is takes a moment to find; what passes waits for it.
  const run: RunTool = async (place, command, either) => {
    const [tools] = await findTools({ place, as: entry.as, directory: entry.tools }, world, either);
    const [, ...rest] = command.argv;
    return world.run(
      place,
      { ...command, argv: [toolPath(tools ?? { directory: null }, 'pg_restore'), ...rest] },
      either,
    );
  };
  const how = isThorough ? '--file=/dev/null' : '--list';
  const checker = startChecker({ run }, entry.at, { argv: ['pg_restore', how], as: entry.as }, signal);
  return {
    see: (chunk) => {
      head.see(chunk);
      return checker.see(chunk);
    },
    conclude: async () => {
      const end = await checker.conclude();
      if (head.text() !== 'PGDMP') throw damaged('it does not begin as an archive of pg_dump does');
      if (end.code === 0) return 'tool';
      if (end.stderr.some((line) => line.includes('unsupported version'))) {
        const remedy = 'Install the client of the release that made the dump.';
        throw new Problem('tool-too-old', 'pg_restore is older than this dump.', remedy, { cause: wordsOf(end) });
      }
      throw damaged(`pg_restore says ${lastWord(end, 'nothing')}`, wordsOf(end));
    },
    [Symbol.asyncDispose]: () => checker[Symbol.asyncDispose](),
  };
};

/** Globals are text, whose last words are their mark. Some releases write a line with a key after it. */
export const globalsVerifier = (): Verifier => {
  const head = createHead(200);
  const tail = createTail(1024);
  return {
    see: (chunk) => {
      head.see(chunk);
      tail.see(chunk);
    },
    conclude: async () => {
      if (!head.text().startsWith('--\n-- PostgreSQL database cluster dump\n')) {
        throw damaged('it does not begin as pg_dumpall does');
      }
      const end = /-- PostgreSQL database cluster dump complete\n--\n(?:\s*\\unrestrict \w+\n)?\s*$/;
      if (!end.test(tail.text())) throw damaged('its last line is not there');
      return 'stream';
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
};
