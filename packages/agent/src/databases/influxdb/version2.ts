import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import type { Database, EngineWorld } from '../engine.ts';
import { dumpFailed, restoreFailed, restoreRefused } from '../failed.ts';
import { feedFolder, fillFolder } from '../folder-tool.ts';
import { type Http, httpOf } from '../http.ts';
import type { InfluxdbEntry } from '../influxdb.ts';
import { fileNameOf } from '../name.ts';
import { backupVerifier } from './verify.ts';

/**
 * InfluxDB 2: `influx backup` of the whole server, with its users and dashboards (https://docs.influxdata.com/influxdb/v2/admin/backup-restore/backup/), the
 * operator token in the tool's environment. Restored by `influx restore --full`, which replaces all there is and brings the tokens of the backup back
 * (https://docs.influxdata.com/influxdb/v2/reference/cli/influx/restore/). InfluxDB 3 keeps files in an object store and has no such tool: not supported.
 */
export const version2 = (entry: InfluxdbEntry): Database => ({
  engine: entry.engine,
  name: entry.name,
  timeoutMs: entry.timeout,
  describe: async (world, signal) => {
    const { influx } = await open(entry, world);
    const { version } = await influx.json(z.object({ version: z.string().max(100) }), { path: '/health' }, signal);
    if (!/^v?2\./.test(version)) {
      throw new Problem('not-supported', `This is InfluxDB ${version}, not 2.`, 'Look version: up in agent.yaml.');
    }
    await influx.send({ path: '/api/v2/buckets?limit=1' }, signal);
    const file = fileNameOf({ engine: entry.engine, name: entry.name, database: null, ending: null });
    return { version: `InfluxDB ${version}`, units: [{ database: null, file, form: 'folder' }], warnings: [] };
  },
  dump: async (_unit, to, world, signal) => {
    if (to.kind !== 'folder') throw new Error('InfluxDB fills a folder');
    const { code, stderr } = await fillFolder(
      { ...(await tool(entry, world, ['backup'])), folder: to.path },
      world,
      signal,
    );
    if (code !== 0) throw dumpFailed(`influx backup ended with ${code ?? 'a signal'}.`, stderr);
    return { warnings: [] };
  },
  verify: (_unit, folder, _world, signal) => backupVerifier(folder, 2, signal),
  restore: async (_unit, from, into, world, signal) => {
    if (from.kind !== 'folder') throw new Error('InfluxDB reads a folder');
    if (into.kind === 'new') {
      throw restoreRefused(
        'The backup holds the whole server, not one database.',
        'Write it to a folder with --to-file, then: influx restore --bucket OLD --new-bucket NEW FOLDER',
      );
    }
    const { code, stderr } = await feedFolder(
      { ...(await tool(entry, world, ['restore', '--full'])), folder: from.path },
      world,
      signal,
    );
    if (code !== 0) throw restoreFailed(`influx restore ended with ${code ?? 'a signal'}.`, stderr);
    return { warnings: ['The tokens of the server are those of the backup again.'] };
  },
});

const open = async (
  entry: InfluxdbEntry,
  world: EngineWorld,
): Promise<{ readonly influx: Http; readonly token: string }> => {
  if (entry.token_file === null) {
    throw new Problem('secret-unreadable', 'InfluxDB 2 asks for an operator token.', 'Write token_file: FILE.');
  }
  const token = await world.secret(entry.token_file);
  return { influx: await httpOf(entry, 8086, { authorization: `Token ${token}` }, world), token };
};

const tool = async (entry: InfluxdbEntry, world: EngineWorld, words: readonly string[]) => {
  const { influx, token } = await open(entry, world);
  const isInside = entry.at.kind === 'container' && entry.url === null;
  const argv: readonly [string, ...string[]] = [
    'influx',
    ...words,
    '--host',
    isInside ? 'http://127.0.0.1:8086' : influx.origin,
  ];
  return {
    place: isInside ? entry.at : ({ kind: 'host' } as const),
    argv,
    env: {
      INFLUX_TOKEN: token,
      // Go's way to name certificates: https://pkg.go.dev/crypto/x509#SystemCertPool
      ...(entry.ca_file !== null && !isInside && { SSL_CERT_FILE: entry.ca_file }),
    },
  };
};
