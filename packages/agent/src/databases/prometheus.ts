import { z } from 'zod';
import type { Database, Unit } from './engine.ts';
import { commonFields, nameField, pathField } from './entry.ts';
import { httpFields } from './http.ts';
import { fileNameOf } from './name.ts';
import { blocksVerifier } from './prometheus/blocks.ts';
import { restoreBlocks } from './prometheus/restore.ts';
import { describeServer, removeSnapshot, takeSnapshot } from './prometheus/snapshot.ts';
import { stopField } from './stop.ts';

/** `engine: prometheus` in agent.yaml. Its folder must be on this machine: there Prometheus puts its snapshots. */
export const prometheusSchema = z
  .strictObject({
    ...commonFields('prometheus'),
    ...httpFields(9090),
    user: nameField('user: backup').nullable().default(null),
    password_file: pathField('password_file: /etc/berth/prometheus.pass').nullable().default(null),
    /** Of `--web.external-url` or `--web.route-prefix`. */
    prefix: z
      .string()
      .max(1000)
      .regex(/^(?:\/[\w.~-]+)*$/)
      .default('')
      .meta({ example: 'prefix: /prometheus' }),
    /** `--storage.tsdb.path` as this machine sees it; the server is asked where it is not written. */
    data: pathField('data: /var/lib/prometheus/metrics2').nullable().default(null),
    stop: stopField('stop: { unit: prometheus.service }'),
  })
  .superRefine((entry, context) => {
    if ((entry.user === null) === (entry.password_file === null)) return;
    const remedy = 'Write both user and password_file, or neither.';
    const message = 'a user and a password belong together';
    context.issues.push({ code: 'custom', message, input: entry, path: ['user'], params: { code: 'way', remedy } });
  });

/** An entry of this engine. */
export type PrometheusEntry = z.output<typeof prometheusSchema>;

/** Its `Database`: a snapshot of its blocks, to which the newest samples are added as one more. */
export const prometheusDatabase = (entry: PrometheusEntry): Database => {
  const { engine, name, timeout: timeoutMs } = entry;
  const unit: Unit = {
    database: null,
    file: fileNameOf({ engine, name, database: null, ending: null }),
    form: 'folder',
  };
  return {
    engine,
    name,
    timeoutMs,
    describe: async (world, signal) => ({
      version: `Prometheus ${(await describeServer(entry, world, signal)).version}`,
      units: [unit],
      warnings: [],
    }),
    dump: async (_unit, to, world, signal) => {
      if (to.kind === 'stream') throw new Error('Prometheus fills a folder');
      await takeSnapshot(entry, to.path, world, signal);
      return { warnings: [] };
    },
    verify: (_unit, folder, world, signal) => {
      if (folder === null) throw new Error('Prometheus fills a folder');
      return blocksVerifier(folder, world, signal);
    },
    restore: async (_unit, from, into, world, signal) => {
      if (from.kind === 'stream') throw new Error('Prometheus fills a folder');
      return await restoreBlocks(entry, from.path, into, world, signal);
    },
    putBack: (what, world, signal) => removeSnapshot(entry, what, world, signal),
  };
};
