import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { fetchDebian } from '../../scripts/fetch-debian.ts';
import { freePort } from '../../scripts/free-port.ts';

/** Debian 13's Prometheus (2.53): two programs of Go, which run from wherever they are unpacked. */
export const prometheusPrograms = async (): Promise<{ readonly prometheus: string; readonly promtool: string }> => {
  const folder = join(await fetchDebian('prometheus-trixie', 'trixie', ['prometheus', 'promtool']), 'usr/bin');
  return { prometheus: join(folder, 'prometheus'), promtool: join(folder, 'promtool') };
};

const sample = z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) });
/** One series of an answer, and its value now. */
export type PromSample = z.output<typeof sample>;

const answers = {
  query: z.object({ resultType: z.enum(['vector', 'scalar']), result: z.array(sample) }),
  range: z.object({ resultType: z.literal('matrix'), result: z.array(z.object({ values: z.array(z.unknown()) })) }),
  alerts: z.object({
    alerts: z.array(
      z.object({
        labels: z.record(z.string(), z.string()),
        annotations: z.record(z.string(), z.string()),
        state: z.enum(['inactive', 'pending', 'firing']),
      }),
    ),
  }),
  targets: z.object({ activeTargets: z.array(z.object({ health: z.string(), lastError: z.string() })) }),
};

/** A Prometheus of the test's own on the loopback. All of it rejects with Prometheus's own words. */
export interface RunningPrometheus extends AsyncDisposable {
  readonly query: (expression: string) => Promise<readonly PromSample[]>;
  /** How many series the last minutes have of it. */
  readonly range: (expression: string) => Promise<number>;
  readonly alerts: () => Promise<z.output<typeof answers.alerts>['alerts']>;
  readonly targets: () => Promise<z.output<typeof answers.targets>['activeTargets']>;
}

/** Starts it with a configuration and `files` beside it, in a folder of its own that goes with it. */
export const startPrometheus = async (
  config: string,
  files: Readonly<Record<string, string>>,
): Promise<RunningPrometheus> => {
  const { prometheus, promtool } = await prometheusPrograms();
  const folder = await mkdtemp(join(tmpdir(), 'berth-prometheus-'));
  await chmod(folder, 0o700);
  for (const [name, text] of Object.entries({ ...files, 'prometheus.yml': config })) {
    await writeFile(join(folder, name), text, { mode: 0o600 });
  }
  const inFolder = { cwd: folder, stdin: 'ignore', timeout: 120_000 } as const;
  await execa(promtool, ['check', 'config', 'prometheus.yml'], inFolder);
  const url = `http://127.0.0.1:${await freePort()}`;
  const words = ['--config.file=prometheus.yml', '--storage.tsdb.path=data', '--log.level=error'];
  const child = execa(prometheus, [...words, `--web.listen-address=${new URL(url).host}`], {
    ...{ ...inFolder, reject: false, stdout: 'ignore', stderr: 'inherit' },
    env: { GOMAXPROCS: '2' },
  });
  const ask = async <Data>(path: string, schema: z.ZodType<Data>): Promise<Data> => {
    const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(10_000) });
    const body = z
      .object({ status: z.string(), error: z.string().optional(), data: z.unknown() })
      .parse(await response.json());
    if (body.status !== 'success') throw new Error(`${path}: ${body.error}`);
    return schema.parse(body.data);
  };
  return {
    query: async (expression) =>
      (await ask(`/api/v1/query?query=${encodeURIComponent(expression)}`, answers.query)).result,
    range: async (expression) => {
      const end = Date.now() / 1000;
      const window = `start=${end - 300}&end=${end}&step=5`;
      return (await ask(`/api/v1/query_range?query=${encodeURIComponent(expression)}&${window}`, answers.range)).result
        .length;
    },
    alerts: async () => (await ask('/api/v1/alerts', answers.alerts)).alerts,
    targets: async () => (await ask('/api/v1/targets', answers.targets)).activeTargets,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await child;
      await rm(folder, { recursive: true, force: true });
    },
  };
};
