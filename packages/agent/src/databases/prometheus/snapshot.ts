import { cp, readdir, rename, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { cancelled, Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import type { EngineWorld } from '../engine.ts';
import { dumpFailed } from '../failed.ts';
import { type Ask, basicAuth, type Http, httpOf } from '../http.ts';
import type { PrometheusEntry } from '../prometheus.ts';
import { pathHere } from '../while-stopped.ts';

const build = z.object({ data: z.object({ version: z.string().max(100) }) });
const flags = z.object({
  data: z.object({ 'web.enable-admin-api': z.string().default('false'), 'storage.tsdb.path': z.string().max(4000) }),
});
/** As Prometheus names them; nothing else is ever removed. */
const nameShape = /^\d{8}T\d{6}Z-[0-9a-f]{1,32}$/;
const made = z.object({ data: z.object({ name: z.string().regex(nameShape) }) });

/** Its version and where its data lie, as this machine sees them. Throws as `Database.describe`. */
export const describeServer = async (entry: PrometheusEntry, world: EngineWorld, signal: AbortSignal) => {
  const server = await open(entry, world);
  const { version } = (await server.json(build, at(entry, '/api/v1/status/buildinfo'), signal)).data;
  const told = (await server.json(flags, at(entry, '/api/v1/status/flags'), signal)).data;
  if (told['web.enable-admin-api'] !== 'true') throw closed(null);
  return { version, data: await dataOf(entry, told['storage.tsdb.path'], world) };
};

/**
 * Has Prometheus make a snapshot (https://prometheus.io/docs/prometheus/latest/querying/api/#snapshot), and moves it into `folder`: its files are
 * hard links into the server's own, so no room is needed where both are on one file system.
 */
export const takeSnapshot = async (
  entry: PrometheusEntry,
  folder: string,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<void> => {
  const { data } = await describeServer(entry, world, signal);
  const server = await open(entry, world);
  const ask = {
    ...at(entry, '/api/v1/admin/tsdb/snapshot'),
    method: 'POST',
    explain: (status: number, text: string) => (/admin APIs disabled/.test(text) ? closed(`${status} ${text}`) : null),
  };
  const { name } = (await server.json(made, ask, signal)).data;
  const noted = await world.things.note({ kind: 'undo', entry: entry.name, what: name });
  const source = join(data, 'snapshots', name);
  try {
    const blocks = await readdir(source).catch((error: unknown) => {
      throw dumpFailed(
        `Prometheus made a snapshot, and ${source} cannot be read here: look at "data:".`,
        error instanceof Error ? error : [],
      );
    });
    for (const block of blocks) {
      if (signal.aborted) throw cancelled();
      await move(join(source, block), join(folder, block));
    }
  } finally {
    await rm(source, { recursive: true, force: true });
    await noted.done();
  }
};

/** Removes the snapshot that a killed run left. */
export const removeSnapshot = async (
  entry: PrometheusEntry,
  name: string,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<void> => {
  if (!nameShape.test(name)) throw new Error(`no snapshot of Prometheus: ${name}`);
  const data = entry.data ?? (await describeServer(entry, world, signal)).data;
  await rm(join(data, 'snapshots', name), { recursive: true, force: true });
};

const move = async (from: string, to: string): Promise<void> => {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isErrno(error, 'EXDEV')) throw error;
    await cp(from, to, { recursive: true, preserveTimestamps: true, errorOnExist: true, force: false });
  }
};

const open = async (entry: PrometheusEntry, world: EngineWorld): Promise<Http> => {
  const { user, password_file: file } = entry;
  const headers = user === null || file === null ? {} : { authorization: basicAuth(user, await world.secret(file)) };
  return await httpOf(entry, 9090, headers, world);
};

const at = ({ prefix }: PrometheusEntry, path: string): Ask => ({ path: `${prefix}${path}` });

const dataOf = async (entry: PrometheusEntry, told: string, world: EngineWorld): Promise<string> => {
  const here = entry.data ?? (isAbsolute(told) ? await pathHere(entry.at, told, world) : null);
  if (here !== null) return here;
  throw new Problem(
    'database-unreachable',
    `Prometheus keeps its data in ${told}, which is no path of this machine.`,
    'Write where that is on this machine: data: /var/lib/prometheus/metrics2. On another machine, back up there.',
  );
};

const closed = (words: string | null): Problem =>
  new Problem(
    'database-refused',
    'This Prometheus makes no snapshots: its admin API is off.',
    'Start it with --web.enable-admin-api, and let only this machine reach its port: that API can also delete series.',
    words === null ? {} : { cause: new Error(words) },
  );
