import { Problem } from '@berth/common/problem.ts';
import { collectTool } from '../collect.ts';
import type { EngineWorld } from '../engine.ts';
import type { MariadbEntry } from '../mariadb.ts';

/** The client tools that are there. */
export interface MariadbTools {
  readonly client: string;
  readonly dump: string;
  readonly isMariadb: boolean;
  /** Of the tools: `[10, 11, 18]`. */
  readonly release: readonly number[];
  /** As it names itself: `mariadb-dump 10.11.18`. */
  readonly version: string;
}

const pairs = [
  { engine: 'mariadb', client: 'mariadb', dump: 'mariadb-dump' },
  { engine: 'mysql', client: 'mysql', dump: 'mysqldump' },
] as const;

/** Those of the engine's own name first: MariaDB 11's images have no others, MySQL's neither. Throws 'tool-missing'. */
export const findTools = async (
  entry: MariadbEntry,
  world: Pick<EngineWorld, 'run'>,
  signal: AbortSignal,
): Promise<MariadbTools> => {
  const own = pairs.filter(({ engine }) => engine === entry.engine);
  for (const { client, dump } of [...own, ...pairs.filter((pair) => !own.includes(pair))]) {
    try {
      const answer = await collectTool(world, entry.at, { argv: [dump, '--version'], as: entry.as }, signal);
      const release = releaseOf(answer.stdout);
      if (answer.code !== 0 || release === null) continue;
      return {
        client,
        dump,
        isMariadb: /mariadb/i.test(answer.stdout),
        release,
        version: `${dump} ${release.join('.')}`,
      };
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'tool-missing') throw error;
    }
  }
  throw new Problem(
    'tool-missing',
    'Neither mariadb-dump nor mysqldump is where it was looked for.',
    'Install the client (on Debian: apt install mariadb-client), or name the container it is in.',
  );
};

/** `… from 10.11.18-MariaDB, client 10.19 …`, `… Ver 10.19 Distrib 10.11.18-MariaDB …`, `… Ver 8.0.36 for Linux …`: the number of three parts. */
const releaseOf = (text: string): readonly number[] | null => {
  const [, ...parts] = /(\d+)\.(\d+)\.(\d+)/.exec(text) ?? [];
  return parts.length === 3 ? parts.map(Number) : null;
};

/** Whether a release is at least the one of these with its own first two parts, or newer than them all. */
const isSince = (release: readonly number[], firsts: readonly (readonly [number, number, number])[]): boolean => {
  const [major = 0, minor = 0, patch = 0] = release;
  const own = firsts.find((first) => first[0] === major && first[1] === minor);
  if (own !== undefined) return patch >= own[2];
  return firsts.every((first) => major > first[0] || (major === first[0] && minor > first[1]));
};

/**
 * Which clients understand the first line of newer dumps ("enable the sandbox mode"); for all others it is an error.
 * https://mariadb.org/mariadb-dump-file-compatibility-change/
 */
export const knowsSandbox = ({ isMariadb, release }: Pick<MariadbTools, 'isMariadb' | 'release'>): boolean =>
  isMariadb &&
  isSince(release, [
    [10, 5, 25],
    [10, 6, 18],
    [10, 11, 8],
    [11, 0, 6],
    [11, 1, 5],
    [11, 2, 4],
    [11, 4, 2],
  ]);

/** Which can dump accounts and grants. https://mariadb.com/kb/en/mariadb-dump/ (--system) */
export const knowsSystem = ({ isMariadb, release }: Pick<MariadbTools, 'isMariadb' | 'release'>): boolean =>
  isMariadb &&
  isSince(release, [
    [10, 2, 37],
    [10, 3, 28],
    [10, 4, 18],
    [10, 5, 9],
  ]);
