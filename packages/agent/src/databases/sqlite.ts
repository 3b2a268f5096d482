import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { printable } from '@berth/common/parsed.ts';
import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import type { Database, EngineWorld } from './engine.ts';
import { commonFields, pathField } from './entry.ts';
import { fileNameOf } from './name.ts';
import { atField } from './place.ts';
import { copyTree, isThere, placeInDump } from './sqlite/beside.ts';
import { runSqlite } from './sqlite/child.ts';
import { type Paths, restoreLive, restoreNew } from './sqlite/restore.ts';
import { stopField } from './stop.ts';
import { pathHere, stopOf, whileStopped } from './while-stopped.ts';
import { placeName } from './world.ts';

/** `engine: sqlite` in agent.yaml. */
export const sqliteSchema = z.strictObject({
  ...commonFields('sqlite'),
  /** In a container, `file` and `also` are paths inside it. */
  at: atField(['host', 'container']),
  file: pathField('file: /srv/vault/db.sqlite3'),
  /** Files and folders that belong to it, copied after it: attachments, keys. One that is not there is left out, and named. */
  also: z
    .array(pathField('also: [/srv/vault/attachments]'))
    .max(100)
    .default([])
    .meta({ example: 'also: [/srv/vault/attachments, /srv/vault/rsa_key.pem]' }),
  /** What has it open, and is stopped for a restore over it; in a container that is the container. */
  stop: stopField('stop: { unit: vault.service }'),
});

/** An entry of this engine. */
export type SqliteEntry = z.output<typeof sqliteSchema>;

/** Its `Database`: a folder with a copy of the file, and of what belongs beside it. */
export const sqliteDatabase = (entry: SqliteEntry): Database => {
  const unit = fileNameOf({ engine: entry.engine, name: entry.name, database: null, ending: null });
  return {
    engine: entry.engine,
    name: entry.name,
    timeoutMs: entry.timeout,
    describe: async (world, signal) => {
      const { file, also } = await pathsOf(entry, world);
      const { version } = await runSqlite({ do: 'look', file }, world, signal);
      const missing = [];
      for (const { here, written } of also) if (!(await isThere(here))) missing.push(written);
      return {
        version: `SQLite ${version}`,
        units: [{ database: null, file: unit, form: 'folder', needsBytes: (await stat(file)).size }],
        warnings: missing.map((path) => `${printable(path, 200)} is not there, and so is not copied.`),
      };
    },
    // What belongs to it comes after it: a program writes an attachment first, and then the row that names it.
    dump: async (_unit, to, world, signal) => {
      if (to.kind !== 'folder') throw new Error('SQLite dumps are folders');
      const { file, also } = await pathsOf(entry, world);
      await mkdir(join(to.path, 'database'), { mode: 0o700 });
      await runSqlite({ do: 'copy', file, into: join(to.path, 'database', basename(entry.file)) }, world, signal);
      const warnings: string[] = [];
      for (const { here, written } of also) {
        if (!(await isThere(here))) continue;
        warnings.push(...(await copyTree(here, placeInDump(to.path, written), world, signal, 'dump-failed')));
      }
      return { warnings };
    },
    verify: (_unit, folder, world, signal) => ({
      see: () => undefined,
      conclude: async () => {
        const { found } = await runSqlite({ do: 'check', file: await copyIn(folder ?? '') }, world, signal).catch(
          (error: unknown) => {
            if (error instanceof Problem && error.code !== 'cancelled') throw damaged(error.message, error);
            throw error;
          },
        );
        if (found.length === 1 && found[0] === 'ok') return 'tool';
        throw damaged(`PRAGMA integrity_check says ${printable(found[0] ?? 'nothing', 200)}.`, found.join('\n'));
      },
      [Symbol.asyncDispose]: async () => undefined,
    }),
    restore: async (_unit, from, into, world, signal) => {
      if (from.kind !== 'folder') throw new Error('SQLite dumps are folders');
      const paths = await pathsOf(entry, world);
      const work = { folder: from.path, copy: await copyIn(from.path), paths, world, signal };
      if (into.kind === 'new') return restoreNew(into, work);
      const stop = stopOf(entry);
      if (stop === null) return restoreLive(work);
      const warnings: string[] = [];
      const put = async (): Promise<void> => void warnings.push(...(await restoreLive(work)).warnings);
      warnings.push(...(await whileStopped(stop, entry.timeout, put, world, signal)));
      return { warnings };
    },
  };
};

/** The paths as this machine sees them. */
const pathsOf = async (entry: SqliteEntry, world: EngineWorld): Promise<Paths> => {
  const here = async (path: string): Promise<string> => {
    const found = await pathHere(entry.at, path, world);
    if (found !== null) return found;
    throw new Problem(
      'database-unreachable',
      `${printable(path, 200)} lies in no volume of ${placeName(entry.at)}, so this machine cannot see it.`,
      'Keep it in a volume or a bind mount: what lies in the container itself is gone with it.',
    );
  };
  const also: Paths['also'][number][] = [];
  for (const path of entry.also) also.push({ here: await here(path), written: path });
  return { file: await here(entry.file), also };
};

const copyIn = async (folder: string): Promise<string> => {
  const [name, ...others] = await readdir(join(folder, 'database')).catch(() => []);
  if (name === undefined || others.length > 0) throw damaged('there is not one database in it.');
  return join(folder, 'database', name);
};

const damaged = (why: string, cause?: unknown): Problem =>
  new Problem(
    'dump-unverified',
    `The copy is no whole database: ${why}`,
    'It is as the database was: see what PRAGMA integrity_check says of that, and restore an older snapshot if need be.',
    { cause },
  );
