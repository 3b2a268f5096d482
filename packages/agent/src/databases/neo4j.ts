import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import type { Database, EngineWorld } from './engine.ts';
import { commonFields, pathField } from './entry.ts';
import { dumpFailed, restoreFailed, restoreRefused } from './failed.ts';
import { fillFolder } from './folder-tool.ts';
import { fileNameOf } from './name.ts';
import { dumpsVerifier } from './neo4j/verify.ts';
import { atField } from './place.ts';
import { type Stop, stopField } from './stop.ts';
import { whileStopped } from './while-stopped.ts';

/** A name neo4j-admin takes, and no pattern: https://neo4j.com/docs/operations-manual/current/database-administration/standard-databases/naming-databases/ */
const databaseName = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9.-]{2,62}$/)
  .meta({ example: 'only: [neo4j]' });

/** `engine: neo4j` in agent.yaml. */
export const neo4jSchema = z.strictObject({
  ...commonFields('neo4j'),
  /** Where neo4j-admin runs: here, or in a container that shares the server's volumes and stays up while the server is stopped. */
  at: atField(['host', 'container']),
  /** The user that owns the database's files, who must run the tool. */
  as: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/)
    .nullable()
    .default('neo4j')
    .meta({ example: 'as: neo4j' }),
  /** Community must be stopped for a dump; Enterprise is backed up as it runs. */
  edition: z.enum(['community', 'enterprise']).default('community').meta({ example: 'edition: enterprise' }),
  /** What runs the server; neo4j.service unless said, where the tool is on this machine. */
  stop: stopField('stop: { unit: neo4j.service }'),
  /** `system` holds users and roles. */
  only: z.array(databaseName).min(1).max(100).default(['system', 'neo4j']).meta({ example: 'only: [system, neo4j]' }),
  /** Where Enterprise listens for backups. */
  from: z
    .string()
    .regex(/^[\w.-]{1,255}:\d{1,5}$/)
    .default('127.0.0.1:6362')
    .meta({ example: 'from: 127.0.0.1:6362' }),
  /** The program, if not on PATH. */
  admin: pathField('admin: /usr/share/neo4j/bin/neo4j-admin').nullable().default(null),
});

/** An entry of this engine. */
export type Neo4jEntry = z.output<typeof neo4jSchema>;

/**
 * Neo4j 5. Community: the server is stopped, `neo4j-admin database dump --to-stdout` writes each database into a folder, and the server is started before
 * restic begins (https://neo4j.com/docs/operations-manual/current/backup-restore/offline-backup/: only an offline DBMS). Enterprise: `neo4j-admin database
 * backup` as it runs (https://neo4j.com/docs/operations-manual/current/backup-restore/online-backup/). A dump is loaded while the server is stopped
 * (https://neo4j.com/docs/operations-manual/current/backup-restore/restore-dump/); a backup of Enterprise is restored by hand.
 */
export const neo4jDatabase = (entry: Neo4jEntry): Database => ({
  engine: entry.engine,
  name: entry.name,
  timeoutMs: entry.timeout,
  describe: async (world, signal) => {
    if (entry.edition === 'community') stopOf(entry);
    const said: Uint8Array[] = [];
    const { code, stderr } = await world.run(
      entry.at,
      { argv: [admin(entry), '--version'], as: entry.as, onStdout: (chunk) => void said.push(chunk) },
      signal,
    );
    const version = Buffer.concat(said).toString('utf8').trim().split('\n').at(-1) ?? '';
    if (code !== 0 || !/^\d{1,4}\.\d+/.test(version)) {
      throw new Problem(
        'tool-missing',
        'neo4j-admin does not tell its version.',
        'Look at admin: and as: in agent.yaml.',
        {
          cause: new Error([version, ...stderr].join('\n')),
        },
      );
    }
    if (/^[1-4]\./.test(version)) {
      throw new Problem('tool-too-old', `neo4j-admin is ${version}, and berth knows 5 and later.`, 'Update Neo4j.');
    }
    const file = fileNameOf({ engine: entry.engine, name: entry.name, database: null, ending: null });
    return {
      version: `Neo4j ${version}`,
      units: [{ database: null, file, form: 'folder' }],
      warnings: entry.only.includes('system')
        ? []
        : ['Users and roles are in the database system, which only: leaves out.'],
    };
  },
  dump: async (_unit, to, world, signal) => {
    if (to.kind !== 'folder') throw new Error('Neo4j fills a folder');
    if (entry.edition === 'enterprise') await backUp(entry, to.path, world, signal);
    else {
      const work = async (): Promise<void> => {
        for (const name of entry.only) await dumpOne(entry, name, to.path, world, signal);
      };
      await whileStopped(stopOf(entry), entry.timeout, work, world, signal);
    }
    return { warnings: [] };
  },
  verify: (_unit, folder, _world, signal) =>
    dumpsVerifier(folder, entry.only, entry.edition === 'community' ? 'dump' : 'backup', signal),
  restore: async (_unit, from, into, world, signal) => {
    if (from.kind !== 'folder') throw new Error('Neo4j reads a folder');
    if (entry.edition === 'enterprise') {
      throw restoreRefused(
        'A backup of the Enterprise edition is restored by its own tool, database by database.',
        'Write it to a folder with --to-file, then: neo4j-admin database restore --from-path=FOLDER NAME',
      );
    }
    if (into.kind === 'new') throw restoreRefused('Community has one database.', 'Restore it with --live.');
    const work = async (): Promise<void> => {
      for (const name of entry.only) await loadOne(entry, name, from.path, world, signal);
    };
    await whileStopped(stopOf(entry), entry.timeout, work, world, signal);
    return { warnings: [] };
  },
});

const admin = (entry: Neo4jEntry): string => entry.admin ?? 'neo4j-admin';

const stopOf = (entry: Neo4jEntry): Stop => {
  if (entry.stop !== null) return entry.stop;
  if (entry.at.kind === 'host') return { kind: 'unit', unit: 'neo4j.service', user: false };
  throw new Problem(
    'not-supported',
    'The tool runs in a container, and the entry does not say what runs the server.',
    'Write stop: { container: NAME } of the server; at: names one with neo4j-admin and the same volumes.',
  );
};

/** By stdout, so that the user of the database needs no right to a folder of berth's. */
const dumpOne = async (
  entry: Neo4jEntry,
  name: string,
  folder: string,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<void> => {
  await using file = await open(join(folder, `${name}.dump`), 'wx', 0o600);
  const { code, stderr } = await world.run(
    entry.at,
    {
      argv: [admin(entry), 'database', 'dump', '--to-stdout', name],
      as: entry.as,
      onStdout: async (chunk) => void (await file.writeFile(chunk)),
    },
    signal,
  );
  if (code !== 0) throw dumpFailed(`neo4j-admin database dump ${name} ended with ${code ?? 'a signal'}.`, stderr);
};

const backUp = async (entry: Neo4jEntry, folder: string, world: EngineWorld, signal: AbortSignal): Promise<void> => {
  const { code, stderr } = await fillFolder(
    {
      place: entry.at,
      argv: [admin(entry), 'database', 'backup', `--from=${entry.from}`, ...entry.only],
      option: '--to-path=',
      // It reads over the network: here it writes as who berth is.
      as: entry.at.kind === 'container' ? entry.as : null,
      folder,
    },
    world,
    signal,
  );
  if (code !== 0) throw dumpFailed(`neo4j-admin database backup ended with ${code ?? 'a signal'}.`, stderr);
};

const loadOne = async (
  entry: Neo4jEntry,
  name: string,
  folder: string,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<void> => {
  const { code, stderr } = await world.run(
    entry.at,
    {
      argv: [admin(entry), 'database', 'load', '--from-stdin', '--overwrite-destination=true', name],
      as: entry.as,
      stdin: createReadStream(join(folder, `${name}.dump`)),
    },
    signal,
  );
  if (code !== 0) throw restoreFailed(`neo4j-admin database load ${name} ended with ${code ?? 'a signal'}.`, stderr);
};
