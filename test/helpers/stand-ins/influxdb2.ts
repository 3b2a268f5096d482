import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serveStandIn, unknown } from './server.ts';
import { withTools } from './tools.ts';

/**
 * Stand-ins for an InfluxDB 2 and its `influx`, NOT InfluxDB and no proof of it: they keep to https://docs.influxdata.com/influxdb/v2/reference/cli/influx/backup/ and
 * …/restore/, and to the manifest of github.com/influxdata/influx-cli. The server's data are one file.
 */
export const withInfluxdb2StandIn = async (folder: string, token: string) => {
  const data = join(folder, 'influx');
  await mkdir(data, { recursive: true });
  const store = join(data, 'all');
  await writeFile(store, '');
  const server = await serveStandIn((asked) => {
    const path = asked.path.join('/');
    if (path === 'health') return { body: { name: 'influxdb', status: 'pass', version: 'v2.7.10' } };
    if (asked.headers.authorization !== `Token ${token}`) return { status: 401, body: { code: 'unauthorized' } };
    return path === 'api/v2/buckets' ? { body: { buckets: [] } } : unknown(asked);
  });
  const tool = `
import { existsSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { gzipSync, gunzipSync } from 'node:zlib';
const fail = (text) => { process.stderr.write('Error: ' + text + '\\n'); process.exit(1); };
const [command, ...rest] = process.argv.slice(2);
const folder = rest.pop();
if (process.env.INFLUX_TOKEN !== ${JSON.stringify(token)}) fail('401 Unauthorized: unauthorized access');
if (rest.join(' ') !== (command === 'backup' ? '' : '--full ') + '--host ' + ${JSON.stringify(server.url)}) fail('flag provided but not defined');
const put = (name, bytes) => { writeFileSync(folder + '/' + name, bytes); return { fileName: name, size: statSync(folder + '/' + name).size, compression: 1 }; };
if (command === 'backup') {
  const kv = put('20261122T000000Z.bolt.gz', gzipSync('kv')), sql = put('20261122T000000Z.sqlite.gz', gzipSync('sql'));
  const shard = { id: 1, shardOwners: [], ...put('20261122T000000Z.1.tar.gz', gzipSync(readFileSync(${JSON.stringify(store)}))) };
  const buckets = [{ bucketName: 'shop', retentionPolicies: [{ shardGroups: [{ shards: [shard] }] }] }];
  writeFileSync(folder + '/20261122T000000Z.manifest', JSON.stringify({ manifestVersion: 2, kv, sql, buckets }));
  if (existsSync(${JSON.stringify(join(folder, 'influx-cut'))})) truncateSync(folder + '/20261122T000000Z.1.tar.gz', 10);
} else if (command === 'restore') {
  const manifest = JSON.parse(readFileSync(folder + '/' + readdirSync(folder).find((file) => file.endsWith('.manifest')), 'utf8'));
  const [shard] = manifest.buckets[0].retentionPolicies[0].shardGroups[0].shards;
  writeFileSync(${JSON.stringify(store)}, gunzipSync(readFileSync(folder + '/' + shard.fileName)));
} else fail('unknown command');
`;
  const tools = await withTools(folder, { influx: tool });
  return {
    ...server,
    store,
    cut: join(folder, 'influx-cut'),
    [Symbol.asyncDispose]: async () => {
      await tools[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
};
