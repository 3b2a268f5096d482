import { printable } from '@berth/common/parsed.ts';
import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import type { Database, EngineWorld, Unit } from '../engine.ts';
import { isChosen } from '../entry.ts';
import { dumpFailed, restoreFailed, restoreRefused } from '../failed.ts';
import { feedFolder, fillFolder } from '../folder-tool.ts';
import { basicAuth, type Http, httpOf } from '../http.ts';
import type { InfluxdbEntry } from '../influxdb.ts';
import { fileNameOf } from '../name.ts';
import { reachTcp } from '../reach.ts';
import { backupVerifier } from './verify.ts';

/**
 * InfluxDB 1: `influxd backup -portable -db NAME` for each database (https://docs.influxdata.com/influxdb/v1/administration/backup_and_restore/).
 * Names come from the HTTP interface, data from the service for backups, which asks for no password: it belongs on loopback. Users and grants are
 * not restored by that tool. A restore into the live database is first made beside it, as proof, then takes its place.
 */
export const version1 = (entry: InfluxdbEntry): Database => ({
  engine: entry.engine,
  name: entry.name,
  timeoutMs: entry.timeout,
  describe: async (world, signal) => {
    const influx = await open(entry, world);
    const { headers } = await influx.stream({ path: '/ping' }, signal);
    const names = (await databases(influx, signal)).filter((name) => isChosen(entry, name)).sort();
    const filled = await withShards(influx, signal);
    const tool = await toolVersion(entry, world, signal);
    if (entry.at.kind !== 'container') {
      const [host = '', port] = entry.rpc.split(':');
      // Else `influxd backup` would try for minutes.
      await reachTcp({ host, port: Number(port) }, 'The service for backups of InfluxDB (bind-address, rpc:)', signal);
    }
    const unit = (database: string): Unit => ({
      database,
      file: fileNameOf({ engine: entry.engine, name: entry.name, database, ending: null }),
      form: 'folder',
    });
    return {
      version: `InfluxDB ${headers['x-influxdb-version'] ?? '1.x'}, ${tool}`,
      units: names.filter((name) => filled.has(name)).map(unit),
      // The tool fails on one that nothing was ever written to.
      warnings: names
        .filter((name) => !filled.has(name))
        .map((name) => `${printable(name, 100)} is empty: no dump of it.`),
    };
  },
  dump: async (unit, to, world, signal) => {
    if (to.kind !== 'folder') throw new Error('InfluxDB fills a folder');
    const database = named(unit);
    const influx = await open(entry, world);
    const { code, stderr } = await whileItAnswers(influx, world, signal, (ending) =>
      fillFolder(
        {
          place: toolPlace(entry),
          argv: ['influxd', 'backup', '-portable', '-host', entry.rpc, '-db', database],
          folder: to.path,
        },
        world,
        ending,
      ),
    );
    if (code !== 0) throw dumpFailed(`influxd backup ended with ${code ?? 'a signal'}.`, stderr);
    return { warnings: [] };
  },
  verify: (_unit, folder, _world, signal) => backupVerifier(folder, 1, signal),
  restore: async (unit, from, into, world, signal) => {
    if (from.kind !== 'folder') throw new Error('InfluxDB reads a folder');
    const database = named(unit);
    const influx = await open(entry, world);
    const restore = async (target: string): Promise<void> => {
      const rename = target === database ? [] : ['-newdb', target];
      const { code, stderr } = await feedFolder(
        {
          place: toolPlace(entry),
          argv: ['influxd', 'restore', '-portable', '-host', entry.rpc, '-db', database, ...rename],
          folder: from.path,
        },
        world,
        signal,
      );
      if (code !== 0) throw restoreFailed(`influxd restore ended with ${code ?? 'a signal'}.`, stderr);
      await untilReadable(influx, target, world, signal);
    };
    const there = await databases(influx, signal);
    if (into.kind === 'new') {
      if (there.includes(into.name)) throw restoreRefused('There is a database of this name.', 'Name another one.');
      await restore(into.name);
      return { warnings: [] };
    }
    if (!there.includes(database)) {
      await restore(database);
      return { warnings: [] };
    }
    const beside = `${database}.berth-restore`;
    if (there.includes(beside)) await query(influx, `DROP DATABASE ${quoted(beside)}`, signal);
    await restore(beside);
    await query(influx, `DROP DATABASE ${quoted(database)}`, signal);
    await restore(database);
    await query(influx, `DROP DATABASE ${quoted(beside)}`, signal);
    return { warnings: [] };
  },
});

const open = async (entry: InfluxdbEntry, world: EngineWorld): Promise<Http> => {
  const { user, password_file } = entry;
  const isLocked = user !== null && password_file !== null;
  return httpOf(
    entry,
    8086,
    isLocked ? { authorization: basicAuth(user, await world.secret(password_file)) } : {},
    world,
  );
};

const lookMs = 1_000;
const mostMisses = 5;

/** Ends the tool once the server is gone, for it would try again for many minutes. */
const whileItAnswers = async <Value>(
  influx: Http,
  world: EngineWorld,
  signal: AbortSignal,
  work: (ending: AbortSignal) => Promise<Value>,
): Promise<Value> => {
  const gone = new AbortController();
  const done = new AbortController();
  const watch = async (): Promise<void> => {
    let misses = 0;
    while (!done.signal.aborted && misses < mostMisses) {
      await world.sleep(lookMs, AbortSignal.any([signal, done.signal]));
      const isThere = await influx.send({ path: '/ping' }, AbortSignal.any([signal, done.signal])).then(
        () => true,
        () => false,
      );
      misses = isThere ? 0 : misses + 1;
    }
    if (!done.signal.aborted && !signal.aborted) gone.abort();
  };
  const watching = watch();
  try {
    return await work(AbortSignal.any([signal, gone.signal]));
  } catch (error) {
    if (!gone.signal.aborted) throw error;
    throw dumpFailed('InfluxDB went away while it was being backed up.', error instanceof Error ? error : []);
  } finally {
    done.abort();
    await watching;
  }
};

/** The tool runs where the server is, if that is a container, and here otherwise. */
const toolPlace = (entry: InfluxdbEntry): InfluxdbEntry['at'] =>
  entry.at.kind === 'container' ? entry.at : { kind: 'host' };

const named = (unit: Unit): string => {
  if (unit.database === null) throw new Error('a backup of InfluxDB 1 is of one database');
  return unit.database;
};

/** An identifier of InfluxQL: https://docs.influxdata.com/influxdb/v1/query_language/spec/#identifiers */
const quoted = (name: string): string => `"${name.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;

const results = z.object({
  results: z.array(
    z.object({
      error: z.string().optional(),
      series: z
        .array(z.object({ name: z.string().optional(), values: z.array(z.array(z.unknown())).optional() }))
        .optional(),
    }),
  ),
});
type Series = NonNullable<z.output<typeof results>['results'][number]['series']>;

const query = async (influx: Http, text: string, signal: AbortSignal, database?: string): Promise<Series> => {
  const about = new URLSearchParams({ q: text, ...(database !== undefined && { db: database }) });
  const { results: answers } = await influx.json(results, { method: 'POST', path: `/query?${about}` }, signal);
  const wrong = answers.find(({ error }) => error !== undefined)?.error;
  if (wrong !== undefined) throw dumpFailed('InfluxDB did not do what it was asked.', [wrong]);
  return answers.flatMap(({ series }) => series ?? []);
};

const databases = async (influx: Http, signal: AbortSignal): Promise<string[]> =>
  (await query(influx, 'SHOW DATABASES', signal))
    .flatMap(({ values }) => values ?? [])
    .flatMap(([name]) => (typeof name === 'string' && name !== '_internal' ? [name] : []));

/** The databases that something was ever written to. */
const withShards = async (influx: Http, signal: AbortSignal): Promise<ReadonlySet<string>> =>
  new Set(
    (await query(influx, 'SHOW SHARDS', signal)).flatMap(({ name, values }) =>
      name !== undefined && (values?.length ?? 0) > 0 ? [name] : [],
    ),
  );

const patienceMs = 120_000;

/** Right after a restore, queries can still fail with "shard is disabled". */
const untilReadable = async (
  influx: Http,
  database: string,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<void> => {
  const until = world.now().getTime() + patienceMs;
  for (;;) {
    try {
      await query(influx, 'SELECT * FROM /.*/ LIMIT 1', signal, database);
      return;
    } catch (error) {
      if (signal.aborted || world.now().getTime() > until) throw error;
      await world.sleep(500, signal);
    }
  }
};

const toolVersion = async (entry: InfluxdbEntry, world: EngineWorld, signal: AbortSignal): Promise<string> => {
  const said: Uint8Array[] = [];
  const { code, stderr } = await world.run(
    toolPlace(entry),
    { argv: ['influxd', 'version'], onStdout: (chunk) => void said.push(chunk) },
    signal,
  );
  const line = Buffer.concat(said).toString('utf8').trim();
  if (code === 0 && /^InfluxDB v?1\./.test(line)) return `influxd ${line.split(' ')[1] ?? ''}`;
  throw new Problem(
    'tool-too-old',
    'The program influxd here is none of InfluxDB 1.',
    'Install the one of the server’s version, or write version: 2.',
    { cause: new Error([line, ...stderr].join('\n')) },
  );
};
