import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchDebian } from '../../../scripts/fetch-debian.ts';
import { freePort } from '../../../scripts/free-port.ts';
import { give, unprivileged } from './person.ts';
import { startServer } from './server-process.ts';

/** Debian 12's InfluxDB 1.6, put first on PATH, where the engine looks for `influxd`. */
const findInfluxdb = async (): Promise<string> => {
  const bin = join(await fetchDebian('influxdb-bookworm', 'bookworm', ['influxdb']), 'usr/bin');
  if (!(process.env['PATH'] ?? '').split(delimiter).includes(bin)) {
    process.env['PATH'] = `${bin}${delimiter}${process.env['PATH'] ?? ''}`;
  }
  return bin;
};

/** Its first user, `admin`. It answers pings before it takes users, and a user it took may not be known at once: asked until it lets in. */
export const makeAdmin = async (url: string, password: string): Promise<void> => {
  const quoted = password.replace(/['\\]/g, '\\$&');
  const ask = async (q: string): Promise<string> => {
    const query = new URLSearchParams({ u: 'admin', p: password, q });
    const response = await fetch(`${url}/query?${query}`, { method: 'POST' });
    return `${response.status} ${await response.text()}`;
  };
  const deadline = performance.now() + 30_000;
  for (;;) {
    const made = await ask(`CREATE USER admin WITH PASSWORD '${quoted}' WITH ALL PRIVILEGES`);
    const seen = await ask('SHOW DATABASES');
    if (seen.startsWith('200 ') && !seen.includes('"error"')) return;
    if (performance.now() > deadline) throw new Error(`InfluxDB takes no user: ${made}; ${seen}`);
    await sleep(100);
  }
};

/** A private InfluxDB 1 on free ports of the loopback, that asks for its admin's password. */
export const withInfluxdb = async () => {
  const bin = await findInfluxdb();
  const directory = await mkdtemp(join(tmpdir(), 'berth-influxdb-'));
  const password = `influx'secret"${Math.random().toString(36).slice(2)}`;
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  const [http, rpc] = [await freePort(), await freePort()];
  const config = join(directory, 'influxdb.conf');
  await writeFile(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
dir = "${directory}/meta"
[data]
dir = "${directory}/data"
wal-dir = "${directory}/wal"
query-log-enabled = false
[http]
bind-address = "127.0.0.1:${http}"
auth-enabled = true
log-enabled = false
[monitor]
store-enabled = false
`,
  );
  await give(directory);
  const url = `http://127.0.0.1:${http}`;
  const ask = async (path: string, body: string | null, about: Record<string, string>): Promise<unknown> => {
    const response = await fetch(`${url}${path}?${new URLSearchParams({ u: 'admin', p: password, ...about })}`, {
      method: 'POST',
      body,
    });
    const text = await response.text();
    if (!response.ok || text.includes('"error"')) throw new Error(`InfluxDB: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
  const start = () =>
    startServer([...unprivileged, join(bin, 'influxd'), '-config', config], { env: {}, cwd: directory }, () =>
      fetch(`${url}/ping`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  let server = await start();
  await makeAdmin(url, password);
  return {
    url,
    rpc: `127.0.0.1:${rpc}`,
    password,
    passwordFile,
    query: (text: string, database = '') => ask('/query', null, { q: text, db: database, epoch: 'ns' }),
    write: (database: string, lines: readonly string[]) => ask('/write', lines.join('\n'), { db: database }),
    /** A port of the loopback where nobody listens. */
    nowhere: await freePort(),
    kill: () => server.kill(),
    restart: async () => {
      await server.kill();
      server = await start();
    },
    [Symbol.asyncDispose]: async () => {
      await server.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
