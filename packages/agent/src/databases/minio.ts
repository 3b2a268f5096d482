import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Database } from './engine.ts';
import { commonFields, isChosen, nameField, pathField } from './entry.ts';
import { dumpFailed, restoreFailed, restoreRefused } from './failed.ts';
import { checkHttp, httpFields } from './http.ts';
import { type Mc, openMc } from './minio/mc.ts';
import { type Objects, objectsFolder, objectsVerifier, stayBelow, steady, writeList } from './minio/objects.ts';
import { fileNameOf } from './name.ts';

const bucket = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
  .meta({ example: 'only: [photos]' });

/** `engine: minio` in agent.yaml: the buckets of an S3 server. Its data path belongs under `containers:` or `paths:` instead. */
export const minioSchema = z
  .strictObject({
    ...commonFields('minio'),
    ...httpFields(9000),
    access_key: nameField('access_key: backup'),
    secret_key_file: pathField('secret_key_file: /etc/berth/minio.key'),
    only: z.array(bucket).min(1).max(1000).nullable().default(null).meta({ example: 'only: [photos]' }),
    except: z.array(bucket).max(1000).default([]).meta({ example: 'except: [scratch]' }),
    /** MinIO's client, which Midnight Commander may hide. */
    mc: pathField('mc: /usr/local/bin/mc').nullable().default(null),
  })
  .superRefine(checkHttp);

/** An entry of this engine. */
export type MinioEntry = z.output<typeof minioSchema>;

/**
 * MinIO, or any S3 server: `mc mirror` of each bucket into a folder (https://min.io/docs/minio/linux/reference/minio-mc/mc-mirror.html). A mirror holds
 * what objects are now: their earlier versions, tags, metadata and the server's own settings are not in it. Whatever was listed before and after the
 * mirror with the same size must be in it with that size.
 */
export const minioDatabase = (entry: MinioEntry): Database => ({
  engine: entry.engine,
  name: entry.name,
  timeoutMs: entry.timeout,
  describe: async (world, signal) => {
    await using mc = await openMc(entry, world, signal);
    const names = (await buckets(mc, signal)).filter((name) => isChosen(entry, name)).sort();
    return {
      version: 'S3, by MinIO’s client',
      units: names.map((database) => ({
        database,
        file: fileNameOf({ engine: entry.engine, name: entry.name, database, ending: null }),
        form: 'folder',
      })),
      warnings: ['Earlier versions, tags and metadata of objects are not in a mirror.'],
    };
  },
  dump: async (unit, to, world, signal) => {
    if (to.kind !== 'folder' || unit.database === null) throw new Error('a bucket is a folder');
    await using mc = await openMc(entry, world, signal);
    const bucket = `src/${unit.database}`;
    const before = stayBelow(await objects(mc, bucket, signal));
    const folder = join(to.path, objectsFolder);
    await mkdir(folder, { mode: 0o700 });
    // Without --remove: the folder is empty.
    await mc.run(['mirror', '--overwrite', bucket, folder], signal);
    const list = steady(before, await objects(mc, bucket, signal));
    if (before.length > 0 && list.length === 0) throw dumpFailed('Every object changed while the bucket was copied.');
    await writeList(to.path, list);
    return { warnings: [] };
  },
  verify: (_unit, folder) => objectsVerifier(folder),
  restore: async (unit, from, into, world, signal) => {
    if (from.kind !== 'folder' || unit.database === null) throw new Error('a bucket is a folder');
    await using mc = await openMc(entry, world, signal);
    const bucket = into.kind === 'new' ? into.name : unit.database;
    const there = await buckets(mc, signal);
    if (into.kind === 'new' && there.includes(bucket)) {
      throw restoreRefused('There is a bucket of this name.', 'Name another one with --into.');
    }
    if (!there.includes(bucket)) await mc.run(['mb', `src/${bucket}`], signal);
    const folder = join(from.path, objectsFolder);
    await mc.run(['mirror', '--overwrite', folder, `src/${bucket}`], signal).catch((error: unknown) => {
      throw restoreFailed('mc mirror broke off.', error instanceof Error ? error : []);
    });
    return { warnings: into.kind === 'live' ? ['Objects that came after the dump are still there.'] : [] };
  },
});

const buckets = async (mc: Mc, signal: AbortSignal): Promise<readonly string[]> =>
  (await mc.run(['ls', 'src'], signal)).flatMap(({ key }) => (key === undefined ? [] : [key.replace(/\/$/, '')]));

const objects = async (mc: Mc, bucket: string, signal: AbortSignal): Promise<Objects> =>
  (await mc.run(['ls', '--recursive', bucket], signal)).flatMap(({ key, size, type }) =>
    key === undefined || size === undefined || type === 'folder' ? [] : [{ key, size }],
  );
