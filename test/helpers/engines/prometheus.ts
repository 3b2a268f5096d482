import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import type { Quiesce } from '../../../packages/agent/src/containers/containers.ts';
import { freePort } from '../../../scripts/free-port.ts';
import { prometheusPrograms } from '../prometheus.ts';
import { downUntil } from './quiesced.ts';
import { startServer } from './server-process.ts';

/** A private Prometheus on a free port of the loopback that scrapes itself ten times a second, over a past of `shop_orders` of last week. */
export const withPrometheus = async (isAdmin = true) => {
  const { prometheus, promtool } = await prometheusPrograms();
  const directory = await mkdtemp(join(tmpdir(), 'berth-prometheus-db-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const data = join(directory, 'data');
  const begin = Math.floor(Date.now() / 1000) - 3 * 86_400;
  const past = Array.from({ length: 500 }, (_, row) => `shop_orders{shop="we'ird \\"\\n"} ${row} ${begin + row * 30}`);
  await writeFile(join(directory, 'past'), `# TYPE shop_orders gauge\n${past.join('\n')}\n# EOF\n`);
  await execa(promtool, ['tsdb', 'create-blocks-from', 'openmetrics', join(directory, 'past'), data]);
  await writeFile(
    join(directory, 'prometheus.yml'),
    `global: { scrape_interval: 100ms, scrape_timeout: 100ms }\nscrape_configs: [{ job_name: self, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }]\n`,
  );
  const start = (folder = data) =>
    startServer(
      [
        ...[prometheus, '--config.file=prometheus.yml', `--storage.tsdb.path=${folder}`, '--log.level=warn'],
        ...['--storage.tsdb.retention.time=1y', `--web.listen-address=127.0.0.1:${port}`],
        ...(isAdmin ? ['--web.enable-admin-api'] : []),
      ],
      { env: { GOMAXPROCS: '2' }, cwd: directory },
      async () => (await fetch(`${url}/-/ready`).catch(() => null))?.ok ?? false,
    );
  let server = await start();
  const quiesce: Quiesce = {
    down: async () => {
      await server.kill();
      return downUntil(async () => {
        server = await start();
      });
    },
  };
  return {
    ...{ bin: dirname(promtool), url, data, directory, quiesce },
    /** All samples of a selector up to a moment (seconds), as Prometheus writes them. */
    samples: async (selector: string, until: number): Promise<string> => {
      const query = encodeURIComponent(`${selector}[30d]`);
      const answer = await fetch(`${url}/api/v1/query?query=${query}&time=${until}`);
      const text = await answer.text();
      if (!answer.ok) throw new Error(text);
      return JSON.stringify(JSON.parse(text).data.result);
    },
    startOn: async (folder: string): Promise<void> => {
      await server.kill();
      server = await start(folder);
    },
    kill: () => server.kill(),
    [Symbol.asyncDispose]: async () => {
      await server.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
/** See `withPrometheus`. */
export type StoringPrometheus = Awaited<ReturnType<typeof withPrometheus>>;
