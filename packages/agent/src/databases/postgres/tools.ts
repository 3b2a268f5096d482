import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { collectTool } from '../collect.ts';
import type { EngineWorld } from '../engine.ts';
import type { Place } from '../place.ts';

/** The programs of one release of PostgreSQL. */
export interface PostgresTools {
  /** Null for those on PATH. */
  readonly directory: string | null;
  readonly major: number;
  /** As it names itself: `pg_dump 15.18`. */
  readonly version: string;
}

/** Where Debian keeps the programs of each release, beside a wrapper on PATH that would choose by clusters of this machine. */
export const debianFolder = '/usr/lib/postgresql';

/** A program's path, or its name where it is on PATH. */
export const toolPath = (tools: Pick<PostgresTools, 'directory'>, program: string): string =>
  tools.directory === null ? program : join(tools.directory, program);

/** All releases that are found where the server's place is, newest first. Throws 'tool-missing' when there is none. */
export const findTools = async (
  about: { readonly place: Place; readonly as: string | null; readonly directory: string | null },
  world: Pick<EngineWorld, 'run'>,
  signal: AbortSignal,
  debian = debianFolder,
): Promise<readonly PostgresTools[]> => {
  const folders = await foldersOf(about, debian);
  const found: PostgresTools[] = [];
  for (const directory of folders) {
    try {
      const argv = [toolPath({ directory }, 'pg_dump'), '--version'] as const;
      const { stdout, code } = await collectTool(world, about.place, { argv, as: about.as }, signal);
      const version = /(\d+)(?:\.\d+)*/.exec(stdout);
      if (code === 0 && version !== null) {
        found.push({ directory, major: Number(version[1]), version: `pg_dump ${version[0]}` });
      }
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'tool-missing') throw error;
    }
  }
  if (found.length > 0) return found.sort((one, other) => other.major - one.major);
  throw new Problem(
    'tool-missing',
    'The programs of PostgreSQL (pg_dump, pg_restore, psql) are not where they were looked for.',
    'Install them (on Debian: apt install postgresql-client), name their folder (tools: DIR), or the container they are in.',
  );
};

const foldersOf = async (
  { place, directory }: { readonly place: Place; readonly directory: string | null },
  debian: string,
): Promise<readonly (string | null)[]> => {
  if (directory !== null) return [directory];
  if (place.kind === 'container') return [null];
  const releases = await readdir(debian).catch(() => []);
  const folders = releases.filter((name) => /^\d+$/.test(name)).map((name) => join(debian, name, 'bin'));
  return folders.length > 0 ? folders : [null];
};

/**
 * The release to use with a server: its own, else the next newer one. pg_dump refuses servers newer than itself, and what a newer pg_restore
 * says, an older server may not understand. https://www.postgresql.org/docs/current/app-pgdump.html#PG-DUMP-NOTES Throws 'tool-too-old'.
 */
export const toolsFor = (all: readonly PostgresTools[], serverMajor: number): PostgresTools => {
  const fitting = all.filter(({ major }) => major >= serverMajor).sort((one, other) => one.major - other.major)[0];
  if (fitting !== undefined) return fitting;
  throw new Problem(
    'tool-too-old',
    `The server is PostgreSQL ${serverMajor}, and the newest pg_dump here is of ${all[0]?.major ?? 'no release'}.`,
    `Install the client of that release (on Debian: apt install postgresql-client-${serverMajor}).`,
  );
};
